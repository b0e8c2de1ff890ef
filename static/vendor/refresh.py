"""Fetch the vendored front-end files again, by name, version and hash (`make vendor`).

vendored.json names each package, the sha512 its archive must have (npm's notation), the file taken
from it and where it goes. Style sheets that go to one file are wrapped in a cascade layer each, so
that ours win over them whatever their specificity, and a page loads one file. The hashes of what is
written are kept under "files", for a test to compare offline.
"""

import base64
import hashlib
import io
import json
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
PINS = HERE / "vendored.json"


def integrity(content: bytes, algorithm: str = "sha512") -> str:
    """The hash as npm and browsers write it: algorithm, hyphen, base64."""
    return f"{algorithm}-{base64.b64encode(hashlib.new(algorithm, content).digest()).decode()}"


def fetch_archive(name: str, version: str, expected: str) -> bytes:
    """The package's archive from npm; SystemExit when it is not the one that was pinned."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", f"{name}@{version}", "--silent", "--pack-destination", folder]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        content = next(Path(folder).glob("*.tgz")).read_bytes()
    if integrity(content) != expected:
        sys.exit(f"{name}@{version}: the archive has another hash than the pinned one; nothing was written.")
    return content


def read_member(archive: bytes, path: str) -> str:
    """One text file of an npm archive; its files lie under package/."""
    with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
        member = tar.extractfile(f"package/{path}")
        if member is None:
            sys.exit(f"{path} is not a file of the archive.")
        return member.read().decode()


def collect(packages: list[dict[str, str]]) -> dict[str, str]:
    """Target path to content, licences included."""
    written: dict[str, str] = {}
    for package in packages:
        archive = fetch_archive(package["name"], package["version"], package["integrity"])
        licence = f"licenses/{package['name'].lstrip('@').replace('/', '-')}.txt"
        written[licence] = read_member(archive, package["license_file"])
        content = read_member(archive, package["file"])
        if layer := package.get("layer"):
            head = f"/* {package['name']} {package['version']}, {package['license']}, see {licence} */\n"
            content = f"{head}@layer {layer} {{\n{content.strip()}\n}}\n"
        written[package["to"]] = written.get(package["to"], "") + content
    return written


def main() -> None:
    """Write every file, then the hashes of what was written."""
    pins = json.loads(PINS.read_text())
    written = collect(pins["packages"])
    for path, content in written.items():
        target = HERE / path
        target.parent.mkdir(exist_ok=True)
        target.write_text(content, newline="")
    pins["files"] = {path: integrity(text.encode(), "sha384") for path, text in sorted(written.items())}
    PINS.write_text(json.dumps(pins, indent=2, ensure_ascii=False) + "\n")
    sys.stdout.write(f"{len(written)} files written to {HERE.name}/\n")


if __name__ == "__main__":
    main()
