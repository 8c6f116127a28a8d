"""Says what is in a picture, in the ways people write prompts: as tags, as sentences, with other words for the same.

A caption is a list of (text, weight): the texts joined are the prompt. A weight other than 1 is A1111's "(text:weight)",
and goes with how much of a thing there is, so that the model learns what emphasis is for.
"""

_TIME = {
    "sunrise": ("sunrise", "dawn", "morning", "early morning", "at sunrise", "daybreak"),
    "noon": ("noon", "midday", "daytime", "day", "sunny day", "at noon"),
    "sunset": ("sunset", "dusk", "evening", "golden hour", "at sunset"),
    "night": ("night", "at night", "midnight", "nighttime", "dark night"),
}
_SCENE = {
    "sea": ("sea", "ocean", "seascape", "the sea", "at sea", "open water"),
    "mountains": ("mountains", "mountain landscape", "mountain peaks", "mountain range", "alps"),
    "forest": ("forest", "woods", "woodland", "a dense forest", "forest landscape"),
    "desert": ("desert", "sand dunes", "sahara", "desert landscape", "dunes"),
    "city": ("city", "skyline", "cityscape", "city skyline", "buildings", "skyscrapers"),
    "snow": ("snow", "snowy field", "winter landscape", "winter", "snowy landscape"),
    "meadow": ("meadow", "green hills", "grassland", "countryside", "green field", "grass"),
}
_FAULTS = {
    "blurry": ("blurry", "out of focus", "blurred"),
    "noisy": ("noisy", "grainy", "noise"),
    "pale": ("dull", "washed out", "low contrast", "faded"),
    "monochrome": ("monochrome", "grayscale", "black and white"),
}
_POOR = ("low quality", "worst quality", "bad quality", "ugly")
_FINE = ("masterpiece", "best quality", "HD", "high quality", "highly detailed", "8k", "beautiful", "sharp focus")
_MEDIUM = ("", "", "", "a painting of ", "a picture of ", "a photo of ", "an image of ", "illustration of ")
_NUMBER = {2: ("two", "2", "a pair of"), 3: ("three", "3"), 4: ("four", "4")}
_KIND = {
    "circle": ("circle", "disc", "round shape"),
    "square": ("square",),
    "triangle": ("triangle",),
    "star": ("star shape", "star"),
    "heart": ("heart", "heart shape"),
    "flower": ("flower", "blossom"),
    "balloon": ("balloon",),
    "cherry": ("cherries",),
}
_PLURAL = {"cherries": "cherries", "star shape": "star shapes"}


def caption(description, rng, full=False, weights=0.5):
    """List of (text, weight). `full` leaves nothing out, else parts are dropped at random as people do. `weights`: how
    likely it is that amounts are said by weights; not always, or everyone would have to write them.
    """
    speaker = _Speaker(rng, full, weights)
    parts = speaker.scene(description) if description["kind"] == "scene" else speaker.objects(description)
    return speaker.with_quality(parts, description["quality"])


class _Speaker:
    def __init__(self, rng, full, weights):
        self.rng, self.full = rng, full
        self.weighs = rng.random() < weights

    def pick(self, words):
        return str(words[int(self.rng.integers(len(words)))])

    def says(self, chance):
        return self.full or self.rng.random() < chance

    def weight(self, amount):
        """1 in the middle, 0.6 to 1.4 at the ends."""
        return round(0.6 + 0.8 * amount, 2) if self.weighs else 1.0

    def scene(self, s):
        rng = self.rng
        scene, time = self.pick(_SCENE[s["scene"]]), self.pick(_TIME[s["time"]])
        details = self.details(s)
        rng.shuffle(details)
        style = rng.random()
        if style < 0.45:  # tags, in any order
            parts = [(scene, 1.0)] if self.says(0.96) else []
            if self.says(0.94):
                parts.append((time, 1.0))
            parts += details
            if rng.random() < 0.5:
                rng.shuffle(parts)
        elif style < 0.75:  # "sunset over the sea, birds, clouds"
            bare = time.removeprefix("at ")
            join = self.pick((" at ", " over the ", " in the ", " by the ")) if rng.random() < 0.7 else " "
            parts = [(f"{bare}{join}{scene.removeprefix('the ').removeprefix('at ').removeprefix('a ')}", 1.0), *details]
        else:  # "a painting of a forest at night with stars and a moon"
            when = time if time.startswith("at ") else self.pick((f"at {time}", f"in the {time}", f", {time}"))
            text = f"{scene.removeprefix('at ')} {when}".replace(" ,", ",")
            parts = [(text, 1.0)]
            for index, (phrase, weight) in enumerate(details):
                parts.append((("with " if index == 0 else "and ") + phrase, weight))
            return self.spaced([(self.pick(_MEDIUM) + parts[0][0], 1.0), *parts[1:]], " ")
        return self.spaced([(self.pick(_MEDIUM) + parts[0][0], parts[0][1]), *parts[1:]] if parts else parts)

    def details(self, s):
        rng, found = self.rng, []

        def say(chance, words, amount=None):
            if self.says(chance):
                found.append((self.pick(words), 1.0 if amount is None else self.weight(amount)))

        if s["scene"] == "sea":
            if s["waves"] > 0.12:
                strength = (s["waves"] - 0.3) / 0.7
                strong = ("big waves", "huge waves", "rough sea", "waves") if s["waves"] > 0.75 else ("waves", "ocean waves")
                say(0.9, strong if not self.weighs else ("waves",), strength)
            else:
                say(0.4, ("calm sea", "calm water", "still water"))
        if s["clouds"] > 0.85:
            say(0.7, ("overcast", "cloudy", "clouds", "overcast sky"), (s["clouds"] - 0.15) / 0.85)
        elif s["clouds"] > 0:
            say(0.8, ("clouds", "cloudy sky", "clouds in the sky"), (s["clouds"] - 0.15) / 0.85)
        else:
            say(0.35, ("clear sky", "cloudless sky"))
        if s["stars"]:
            say(0.9, ("stars", "starry sky", "starry night", "stars in the sky"), s["stars"])
        if s["sun"]:
            say(0.4, ("sun", "the sun", "bright sun"))
        if s["moon"]:
            kind = ("full moon", "moon", "the moon") if s["moon"] == "full" else ("crescent moon", "moon", "half moon")
            say(0.9, kind)
        if s["rainbow"]:
            say(0.95, ("rainbow", "a rainbow", "a rainbow in the sky"))
        if s["birds"] == 1:
            say(0.9, ("a bird", "one bird", "a bird flying"))
        elif s["birds"]:
            many = ("a flock of birds", "many birds") if s["birds"] >= 5 else ("birds flying",)
            say(0.95, ("birds", "birds flying in the distance", "flying birds", "birds in the sky", *many), (s["birds"] - 1) / 7)
        if s["boats"]:
            self.boats(s["boats"], say)
        if s["houses"]:
            roof = s["houses"][0]
            one = ("a house", "a cottage", f"a house with a {roof} roof", f"house with {roof} roof")
            many = ("houses", "a village", f"houses with {roof} roofs", f"{self.pick(_NUMBER.get(len(s['houses']), ('some',)))} houses")
            say(0.95, one if len(s["houses"]) == 1 else many)
        if s["trees"]:
            say(0.9, ("a tree", "one tree") if s["trees"] == 1 else ("trees", "some trees", "green trees"))
        if s["flowers"]:
            say(0.9, ("flowers", "wildflowers", "a field of flowers"))
        if s["cacti"]:
            say(0.9, ("a cactus", "cactus") if s["cacti"] == 1 else ("cacti", "cactuses", "cactus plants"))
        if s["snowfall"]:
            say(0.9, ("snowfall", "snowing", "falling snow", "snowflakes"))
        if s["fog"]:
            say(0.95, ("fog", "mist", "misty", "foggy"))
        return found

    def boats(self, sails, say):
        if len(sails) == 1:
            sail = sails[0]
            say(0.95, ("a boat", "a sailboat", "a ship", "boat", f"a boat with a {sail} sail", f"a {sail} sailboat"))
        else:
            say(0.95, ("boats", "two boats", "sailboats", "ships", f"a boat with a {sails[0]} sail"))

    def objects(self, d):
        rng, items = self.rng, d["items"]
        first = items[0]
        same = len(items) > 1 and all((i["kind"], i["colour"]) == (first["kind"], first["colour"]) for i in items) and not first["place"]
        if same:
            name = self.pick(_KIND.get(first["kind"], (first["kind"],)))
            number = self.pick(_NUMBER[len(items)])
            text = f"{number} {first['colour']} {_PLURAL.get(name, name + 's')}"
        elif len(items) == 2:
            names = [self.thing(i, article=rng.random() < 0.7) for i in items]
            if rng.random() < 0.5:
                names[0] += self.pick((" on the left", " at the left", " left"))
                if rng.random() < 0.7:
                    names[1] += self.pick((" on the right", " at the right", " right"))
                if rng.random() < 0.5:
                    names.reverse()
            text = self.pick((" and ", " and ", ", ", " next to ")).join(names)
        else:
            text = self.thing(first, article=True, scale=self.says(0.8))
            if self.says(0.75):
                text += self.pick(_AT[first["place"]])
        parts = [(self.pick(_MEDIUM) + text, 1.0)]
        if self.says(0.75):
            parts.append((self.pick((f"{d['background']} background", f"on a {d['background']} background")), 1.0))
        return self.spaced(parts)

    def thing(self, item, article, scale=False):
        name = self.pick(_KIND.get(item["kind"], (item["kind"],)))
        words = [item["colour"], name]
        if scale and item["scale"] in ("small", "large"):
            words.insert(0, self.pick(("small", "tiny", "little") if item["scale"] == "small" else ("large", "big", "huge")))
        if article and name != "cherries":
            words.insert(0, "an" if words[0][0] in "aeio" else "a")
        return " ".join(words)

    def with_quality(self, parts, quality):
        rng = self.rng
        words = []
        if quality != "good":
            words = [self.pick(_FAULTS[quality])]
            if rng.random() < 0.6:
                words.append(self.pick(_POOR))
        elif rng.random() < 0.5:
            words = [str(w) for w in rng.choice(_FINE, int(rng.integers(1, 4)), replace=False)]
        if not words:
            return parts
        tags = (", ".join(words), 1.0)
        comma = (", ", 1.0)
        return [tags, comma, *parts] if rng.random() < 0.6 else [*parts, comma, tags]

    def spaced(self, parts, separator=", "):
        """Puts separators between the parts, outside of what is weighed."""
        between = [(separator, 1.0)] * len(parts)
        return [entry for pair in zip(between, parts) for entry in pair][1:]


_AT = {
    "center": (" in the center", " in the middle", ""),
    "left": (" on the left", " at the left", " on the left side"),
    "right": (" on the right", " at the right", " on the right side"),
    "top": (" at the top", " above", " in the upper part"),
    "bottom": (" at the bottom", " below", " in the lower part"),
}
