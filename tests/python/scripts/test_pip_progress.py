"""What an installation prints: where it is, though pip says nothing while it unpacks."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[3] / "scripts/pip_progress.py"
LOCK = "a==1 \\\n    --hash=sha256:1\nb==2\nc==3 ; sys_platform == 'win32'\n"


def test_packages_are_counted_while_pip_fetches_and_unpacks(tmp_path: Path) -> None:
    (tmp_path / "lock").write_text(LOCK)
    site = tmp_path / ".venv/lib/python3.11/site-packages"
    pip = f"""
        echo "Ignoring c: markers don't match your environment"
        echo "Collecting a==1 (from -r lock (line 1))"; echo "  Downloading a-1.whl (95 kB)"
        sleep 2.5; echo "Processing /wheels/b-2-py3-none-any.whl (from -r lock (line 3))"
        sleep 2.5; echo "Installing collected packages: a, b"; mkdir -p {site}/a-1.dist-info
        sleep 2.5; echo "Successfully installed a-1 b-2"
    """
    command = f"({pip}) | {sys.executable} {SCRIPT} lock .venv"
    shown = subprocess.run(
        ["sh", "-c", command], cwd=tmp_path, check=True, stdout=subprocess.PIPE, text=True
    )
    assert shown.stdout.splitlines() == [
        "  fetching 1 of 2: a==1",
        "  fetching 2 of 2: b-2-py3-none-any.whl",
        "  unpacking 1 of 2",
        "  2 packages are in .venv",
    ]
