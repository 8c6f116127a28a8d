"""Whether what was trained is to be shipped: only if it scores better and looks sharper than what is."""
import math

# The questions that count, each as much as any other; what they are broken down into says more, with more noise.
SCORES = ("scene", "time", "background", "count", "place", "scale", "details", "kinds", "colours")
# No question may be answered so much worse.
WORSE = 0.03
# How much detail there may be, of what paintings have: more is grain.
MOST = 1.3


def decide(old, new):
    """(ship, why). Each is a dictionary: "cfg 7" (scores by question, 0..1) and "detail" (of what paintings have)."""
    reasons, ship = [], True

    def must(holds, what):
        nonlocal ship
        ship = ship and holds
        reasons.append(("yes: " if holds else "no: ") + what)

    asked = [name for name in SCORES if name in old["cfg 7"] and name in new["cfg 7"]]
    known = [name for name in asked if not any(math.isnan(side["cfg 7"][name]) for side in (old, new))]
    mean = lambda side: sum(side["cfg 7"][name] for name in known) / max(1, len(known))
    must(bool(known) and mean(new) > mean(old), f"mean score {mean(new):.3f}, shipped {mean(old):.3f}")
    worst = min(known, key=lambda name: new["cfg 7"][name] - old["cfg 7"][name], default=None)
    if worst:
        drop = old["cfg 7"][worst] - new["cfg 7"][worst]
        must(drop <= WORSE, f"no question falls by more than {WORSE}; most does {worst}, by {drop:.3f}")
    must(old["detail"] < new["detail"] <= MOST, f"detail {new['detail']:.2f} of the paintings', shipped {old['detail']:.2f}")
    return ship, reasons
