"""Why bubblewrap does not work on a machine, and the commands that mend it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

INSTALL = {
    "debian": "sudo apt install bubblewrap",
    "ubuntu": "sudo apt install bubblewrap",
    "fedora": "sudo dnf install bubblewrap",
    "rhel": "sudo dnf install bubblewrap",
    "arch": "sudo pacman -S bubblewrap",
    "suse": "sudo zypper install bubblewrap",
    "opensuse": "sudo zypper install bubblewrap",
    "alpine": "sudo apk add bubblewrap",
    "gentoo": "sudo emerge sys-apps/bubblewrap",
    "void": "sudo xbps-install bubblewrap",
    "nixos": "nix-env -iA nixos.bubblewrap",
}

APPARMOR = "kernel.apparmor_restrict_unprivileged_userns"
SWITCHES = {
    "kernel.unprivileged_userns_clone": "1",
    "user.max_user_namespaces": "15000",
}
"""Settings of the kernel that forbid user namespaces when they are 0, and a value that allows."""

PROFILE = (
    "sudo apt install apparmor-profiles",
    "cd /usr/share/apparmor/extra-profiles",
    "sudo cp bwrap-userns-restrict /etc/apparmor.d/",
    "sudo apparmor_parser -r /etc/apparmor.d/bwrap-userns-restrict",
)
CONTAINERS = (".dockerenv", "run/.containerenv")
SECURITY = "docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined …"


@dataclass(frozen=True)
class Cure:
    """What is wrong in a few words, and commands that mend it, in order."""

    problem: str
    commands: tuple[str, ...]


def not_installed(root: Path = Path("/")) -> Cure:
    """How to install bubblewrap here; `root` is where `etc/os-release` is looked for."""
    known = [INSTALL[name] for name in _distributions(root) if name in INSTALL]
    return Cure("bubblewrap is not installed", tuple(known[:1]) or ("install bubblewrap",))


def not_working(complaint: str, root: Path = Path("/")) -> Cure:
    """What keeps bwrap from working; `root` is where `proc/sys` is looked for."""
    if _setting(APPARMOR, root) == "1":
        return Cure(
            "AppArmor forbids user namespaces: give bwrap the profile that allows them",
            (*PROFILE, f"or, for every program: sudo sysctl -w {APPARMOR}=0"),
        )
    for name, value in SWITCHES.items():
        if _setting(name, root) == "0":
            return Cure(
                f"the kernel forbids user namespaces: {name} = 0",
                (f"sudo sysctl -w {name}={value}",),
            )
    if any((root / mark).exists() for mark in CONTAINERS):
        return Cure("this is a container that forbids user namespaces", (SECURITY,))
    return Cure(complaint, ("bwrap --unshare-user --ro-bind / / true    says more",))


def _distributions(root: Path) -> list[str]:
    """What the system calls itself, and what it is like."""
    try:
        lines = (root / "etc" / "os-release").read_text(encoding="utf-8").splitlines()
    except OSError:
        return []
    named = dict(line.split("=", 1) for line in lines if "=" in line)
    values = " ".join(shlex.split(f"{named.get('ID', '')} {named.get('ID_LIKE', '')}"))
    return [part for word in values.split() for part in (word, word.partition("-")[0])]


def _setting(name: str, root: Path) -> str | None:
    try:
        return (root / "proc" / "sys" / name.replace(".", "/")).read_text(encoding="ascii").strip()
    except OSError:
        return None
