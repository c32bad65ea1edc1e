"""Put this checkout's `src` on the path of its own environment and add the command `puhui`."""

import sys
import sysconfig
from pathlib import Path

root = Path(__file__).resolve().parents[1]
Path(sysconfig.get_path("purelib"), "puhui.pth").write_text(f"{root / 'src'}\n", encoding="utf-8")
command = Path(sys.prefix, "bin", "puhui")
command.write_text(f"#!{sys.executable}\nfrom puhui.site.command import main\n\nmain()\n", encoding="utf-8")
command.chmod(0o755)
