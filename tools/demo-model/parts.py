"""Files in parts of at most 16 MiB, and whole again.

    python3 parts.py FOLDER NAME FILE     joins the parts of NAME in FOLDER

A part is called NAME.DIGEST.1-of-3, where DIGEST begins the SHA-256 of the whole: parts of two versions never mix, and a new
version is there, whole, before the old one goes. Whoever is stopped at any moment leaves one that is whole.
"""
import argparse
import hashlib
import os
import re
from pathlib import Path

SIZE = 16 * 2**20
_DIGEST = 12


def write_parts(folder, name, data, size=SIZE):
    """Writes `data` (bytes) in parts of at most `size` bytes, then removes the parts of other versions."""
    digest = hashlib.sha256(data).hexdigest()[:_DIGEST]
    count = max(1, -(-len(data) // size))
    mine = set()
    for index in range(count):
        path = Path(folder, f"{name}.{digest}.{index + 1}-of-{count}")
        # Renamed when whole: half a part never has a part's name.
        fresh = path.with_name(f"{name}.fresh")
        with open(fresh, "wb") as file:
            file.write(memoryview(data)[index * size : (index + 1) * size])
            file.flush()
            os.fsync(file.fileno())
        os.replace(fresh, path)
        mine.add(path.name)
    for path, *_ in _parts(folder, name):
        if path.name not in mine:
            path.unlink()


def remove_parts(folder, name):
    for path, *_ in _parts(folder, name):
        path.unlink()
    Path(folder, f"{name}.fresh").unlink(missing_ok=True)


def read_parts(folder, name):
    """The bytes of the newest whole version, or None where there is none."""
    versions = {}
    for path, digest, index, count in _parts(folder, name):
        versions.setdefault((digest, count), {})[index] = path
    whole = [(digest, found) for (digest, count), found in versions.items() if len(found) == count]
    for digest, found in sorted(whole, key=lambda entry: -max(p.stat().st_mtime_ns for p in entry[1].values())):
        data = b"".join(found[index].read_bytes() for index in sorted(found))
        if hashlib.sha256(data).hexdigest().startswith(digest):
            return data
    return None


def _parts(folder, name):
    """(path, digest, number, how many) of every part of `name`, of any version."""
    pattern = re.compile(re.escape(name) + r"\.([0-9a-f]{%d})\.(\d{1,3})-of-(\d{1,3})" % _DIGEST)
    for path in sorted(Path(folder).glob(f"{name}.*")):
        match = pattern.fullmatch(path.name)
        if match and 1 <= int(match[2]) <= int(match[3]):
            yield path, match[1], int(match[2]), int(match[3])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("name")
    parser.add_argument("file")
    options = parser.parse_args()
    data = read_parts(options.folder, options.name)
    if data is None:
        raise SystemExit(f"{options.folder} does not hold all parts of {options.name}. Copy every file that begins with that name.")
    Path(options.file).write_bytes(data)
    print(f"{options.file}: {len(data)} bytes")


if __name__ == "__main__":
    main()
