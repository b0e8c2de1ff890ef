"""The vendored front-end files are the ones that were pinned, and nothing lies beside them."""

import importlib.util
import json

from webapp.config import REPOSITORY

VENDOR = REPOSITORY / "static" / "vendor"


def test_vendored_files_have_their_pinned_hashes() -> None:
    spec = importlib.util.spec_from_file_location("refresh", VENDOR / "refresh.py")
    assert spec
    assert spec.loader
    refresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(refresh)
    pinned = json.loads((VENDOR / "vendored.json").read_text())["files"]
    found = {
        str(path.relative_to(VENDOR)): refresh.integrity(path.read_bytes(), "sha384")
        for path in VENDOR.rglob("*")
        if path.is_file() and path.suffix in {".css", ".js", ".txt"}
    }
    assert found == pinned
