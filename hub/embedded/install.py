"""Makes ``.venv`` from the hashed requirements: ``python3 hub/embedded/install.py embedded|dev|bench``.

Run as a file by whatever Python the machine has, before anything is installed. So it uses the standard library
alone, imports nothing of the project, and keeps to a syntax that an old Python 3 reads too, so that it gets as far
as the sentence that says it is too old.
"""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
VENV = os.path.join(ROOT, ".venv")
PYTHON = os.path.join(VENV, "bin", "python")
NEEDED_BYTES = 1500 * 1024 * 1024
# A stamp is written last, and holds the hash of what was installed: no stamp, or another hash, installs again.
# What is in bench.txt includes what is in dev.txt, and that what is in embedded.txt, in the same versions.
LEVELS = {"embedded": ["embedded"], "dev": ["dev", "embedded"], "bench": ["bench", "dev", "embedded"]}


def refuse(sentence: str) -> None:
    sys.stderr.write(sentence + "\n")
    sys.exit(2)


def requirements(level: str) -> str:
    return os.path.join(ROOT, "requirements", level + ".txt")


def stamp(level: str) -> str:
    return os.path.join(VENV, ".installed-" + level)


def wanted(level: str) -> str:
    with open(requirements(level), "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def installed(level: str) -> bool:
    try:
        with open(stamp(level)) as file:
            return file.read() == wanted(level)
    except OSError:
        return False


def works(python: str) -> bool:
    """Whether the interpreter of ``.venv`` still runs and is new enough; an upgrade of the machine can break it."""
    check = "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))"
    try:
        return subprocess.call([python, "-c", check], stderr=subprocess.DEVNULL) == 0
    except OSError:
        return False


def make_venv() -> "list[str]":
    """Makes ``.venv`` where there is no working one; the command that runs pip for it."""
    own_pip = [PYTHON, "-m", "pip"]
    if (
        works(PYTHON)
        and subprocess.call([*own_pip, "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) == 0
    ):
        return own_pip
    if os.path.islink(VENV):
        os.unlink(VENV)
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        import ensurepip  # noqa: F401
    except ImportError:
        # Debian keeps it in a package of its own. The machine's pip, if it has one, can serve.
        if subprocess.call(
            [sys.executable, "-m", "pip", "--version"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        ):
            refuse(
                f"This Python ({sys.executable}) can make no virtual environment, because ensurepip is missing: "
                "install it (on Debian and Ubuntu: `apt-get install python3-venv`) and run make again."
            )
        create, pip = ["--without-pip"], [sys.executable, "-m", "pip", "--python", PYTHON]
    else:
        create, pip = [], own_pip
    made = subprocess.run(
        [sys.executable, "-m", "venv", *create, VENV], stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    if made.returncode:
        reason = made.stdout.decode(errors="replace").strip().splitlines()
        refuse(f"The virtual environment .venv could not be made: {reason[-1] if reason else 'no reason given'}")
    return pip


def explain(said: str) -> str:
    """What to do about a pip that failed, from what it said."""
    if "No space left" in said:
        return "the disk is full: make room and run make again"
    if "do not match the hashes" in said or "THESE PACKAGES DO NOT MATCH" in said:
        return "a package is not the one that the requirements name: check the package index that pip is set to use"
    if "No matching distribution" in said or "Could not find a version" in said:
        if "Connection" in said or "Temporary failure" in said or "timed out" in said:
            return "the package index cannot be reached: check the network or pip's settings and run make again"
        return (
            "there is no ready-made package for this machine (nothing is compiled here, so no compiler is needed): "
            "use Python 3.11 to 3.13 on Linux (x86-64 or ARM, glibc) or macOS"
        )
    if "Permission denied" in said:
        return "a file cannot be written: check who owns the checkout and .venv"
    return "run make again, or see what it said"


def install(level: str) -> None:
    pip = make_venv()
    log = os.path.join(VENV, "install.log")
    with open(requirements(level)) as file:
        count = sum(1 for line in file if "==" in line and not line.startswith((" ", "#")))
    sys.stderr.write(f"Installing {count} packages into .venv (about a minute the first time)\n")
    options = ["install", "--quiet", "--no-input", "--disable-pip-version-check", "--require-hashes"]
    options += ["--only-binary", ":all:", "-r", requirements(level)]
    with open(log, "w") as output:
        returncode = subprocess.call(pip + options, stdout=output, stderr=subprocess.STDOUT, cwd=ROOT)
    if returncode:
        with open(log, errors="replace") as output:
            said = output.read()
        lines = [line.strip() for line in said.splitlines() if line.startswith("ERROR")] or [""]
        refuse(f"The packages could not be installed: {explain(said)}. {lines[-1]} (more in .venv/install.log)")
    for done in LEVELS[level]:
        with open(stamp(done), "w") as file:
            file.write(wanted(done))


def main() -> None:
    if not (3, 11) <= sys.version_info[:2] <= (3, 13):
        refuse(
            f"This is Python {sys.version_info[0]}.{sys.version_info[1]} and Concord needs 3.11, 3.12 or 3.13: "
            "install one and run make again (or name it: make PYTHON=/path/to/python3.11)."
        )
    level = sys.argv[1] if len(sys.argv) == 2 else ""
    if level not in LEVELS:
        refuse("Usage: python3 hub/embedded/install.py embedded|dev|bench")
    if installed(level) and works(PYTHON):
        return
    if shutil.disk_usage(ROOT).free < NEEDED_BYTES:
        refuse(f"The disk of {ROOT} has less than {NEEDED_BYTES // 1024**2} MB left: make room and run make again.")
    try:
        # Two makes in one checkout take turns; the second then finds everything done.
        turn = os.open(os.path.join(ROOT, "requirements"), os.O_RDONLY)
        try:
            fcntl.flock(turn, fcntl.LOCK_EX)
            if not (installed(level) and works(PYTHON)):
                install(level)
        finally:
            os.close(turn)
    except OSError as error:
        refuse(f"The packages could not be installed: {error}. Check who owns the checkout and its disk.")
    except KeyboardInterrupt:
        refuse("Interrupted; run make again and it goes on.")


if __name__ == "__main__":
    main()
