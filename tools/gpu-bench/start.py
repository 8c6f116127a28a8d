"""Unpacks the benchmark into a scratch folder, finds what it needs to start, runs it, and ends it when its time is up.

`run.sh` starts this; README.md says what the options are. Only Python's own library is used.
"""
import argparse
import ctypes
import lzma
import os
import platform
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# What the program may take longer than it was told: it ends by itself, this is for when it does not.
GRACE = 30
UNPACKED_BYTES = 200e6


def main():
    options, rest = arguments()
    if platform.system() != "Linux" or platform.machine() not in ("x86_64", "AMD64"):
        sys.exit(f"This was packed for Linux on x86-64, and this is {platform.system()} on {platform.machine()}.")
    top = scratch_folder(options.scratch)
    child = None

    def stop(number, _):
        # The program prints what it has.
        if child is not None:
            child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    try:
        with lzma.open(HERE / "payload.tar.xz") as packed, tarfile.open(fileobj=packed) as files:
            files.extractall(top, **({"filter": "data"} if hasattr(tarfile, "data_filter") else {}))
        env = dict(os.environ)
        beside = HERE / "vulkan"
        vulkan = options.vulkan or (beside if beside.is_dir() else None)
        if vulkan is not None:
            env["LD_LIBRARY_PATH"] = joined(*libraries_in(Path(vulkan), top / "vulkan"), env.get("LD_LIBRARY_PATH"))
        node = str(top / "bin" / "node")
        env = env_for(node, env, top)
        command = [node, str(top / "scripts" / "bench.mjs"), *rest]
        command += ["--minutes", str(options.minutes), "--scratch", str(top), "--out", str(Path(options.out).absolute())]
        child = subprocess.Popen([*command, "--python", options.python], env=env)
        try:
            code = child.wait(60 * options.minutes + GRACE)
        except subprocess.TimeoutExpired:
            child.kill()
            print(f"It did not end by itself. What was measured by then is in {options.out}.", file=sys.stderr)
            code = 1
        sys.exit(code)
    finally:
        shutil.rmtree(top, ignore_errors=True)


def arguments():
    parser = argparse.ArgumentParser(prog="run.sh", description="Other options go to the benchmark: see README.md.")
    parser.add_argument("--minutes", type=float, default=8, help="ends by itself after these (8)")
    parser.add_argument("--vulkan", help="folder with libvulkan.so.1 and whatever else the driver lacks, or Debian packages of them")
    parser.add_argument("--out", default="gpu-bench-results", help="folder for the table and the JSON")
    parser.add_argument("--python", default=sys.executable, help="a Python that has PyTorch, where it is not this one")
    parser.add_argument("--scratch", help="folder with room for 8 GB, where it is not the system's temporary one")
    options, rest = parser.parse_known_args()
    if not options.minutes > 0:
        parser.error("--minutes must be above 0")
    if options.vulkan is not None and not Path(options.vulkan).is_dir():
        parser.error(f"--vulkan: {options.vulkan} is no folder")
    return options, rest


def scratch_folder(wanted):
    """A folder where there is room, and where programs may run. Ends the program where there is none."""
    problems = []
    for parent in [wanted] if wanted else [tempfile.gettempdir(), "/var/tmp", "/dev/shm", os.getcwd()]:
        try:
            if shutil.disk_usage(parent).free < UNPACKED_BYTES:
                raise OSError("it is full")
            top = Path(tempfile.mkdtemp(prefix="darkroom-gpu-bench-", dir=parent))
        except OSError as error:
            problems.append(f"{parent}: {error}")
            continue
        probe = top / "probe.sh"
        probe.write_text("#!/bin/sh\n")
        probe.chmod(0o755)
        try:
            subprocess.run([str(probe)], check=True)
            return top
        except OSError as error:
            problems.append(f"{parent}: programs may not run there ({error})")
            shutil.rmtree(top, ignore_errors=True)
    sys.exit("Nowhere to unpack to:\n  " + "\n  ".join(problems) + "\nName a folder: --scratch DIR")


def joined(*folders):
    return os.pathsep.join(str(folder) for folder in folders if folder)


def libraries_in(source, target):
    """Folders of shared libraries below `source`; Debian packages there are unpacked to `target`."""
    for package in sorted(source.rglob("*.deb")):
        unpack_deb(package, target)
    found = []
    for folder in (source, target):
        for path in sorted(folder.rglob("*.so*")) if folder.is_dir() else []:
            if path.parent not in found:
                found.append(path.parent.absolute())
    if not found:
        sys.exit(f"There is no shared library and no Debian package in {source}.")
    return list(dict.fromkeys(found))


def unpack_deb(package, target):
    """A package is an `ar` archive; its files are in data.tar. Where Python cannot read its compression, dpkg may."""
    with open(package, "rb") as file:
        if file.read(8) != b"!<arch>\n":
            sys.exit(f"{package} is no Debian package.")
        while len(header := file.read(60)) == 60:
            name, size = header[:16].decode().strip().rstrip("/"), int(header[48:58])
            if name.startswith("data.tar"):
                try:
                    with tarfile.open(fileobj=file, mode="r|*") as data:
                        data.extractall(target, **({"filter": "tar"} if hasattr(tarfile, "data_filter") else {}))
                    return
                except tarfile.ReadError:
                    break
            file.seek(size + size % 2, 1)
    target.mkdir(parents=True, exist_ok=True)
    if not shutil.which("dpkg-deb") or subprocess.run(["dpkg-deb", "-x", str(package), str(target)]).returncode != 0:
        sys.exit(f"{package} cannot be unpacked here: unpack it elsewhere, and put its libraries into the folder.")


def env_for(node, env, top):
    """The environment in which Node starts: with the packed C++ library where the system has none, or an older one."""
    own = {**env, "LD_LIBRARY_PATH": joined(env.get("LD_LIBRARY_PATH"), top / "lib")}
    said = ""
    # Node alone starts with an older library than Dawn does.
    test = f"require({str(top / 'node_modules/webgpu/dist/linux-x64.dawn.node')!r})"
    for candidate in (env, own):
        result = subprocess.run([node, "-e", test + "; process.exit()"], env=candidate, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        if result.returncode == 0:
            return candidate
        said = result.stdout.decode(errors="replace").strip() or f"it ended with {result.returncode}"
    sys.exit(f"Node and Dawn do not start here. They need glibc 2.34 or newer, and this is {glibc()}.\n{said[-2000:]}")


def glibc():
    try:
        version = ctypes.CDLL("libc.so.6").gnu_get_libc_version
        version.restype = ctypes.c_char_p
        return version().decode()
    except (OSError, AttributeError):
        return "another C library"


if __name__ == "__main__":
    main()
