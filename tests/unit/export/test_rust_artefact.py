import shutil
import subprocess

import numpy as np
import pytest

from constnet.export import export_model
from constnet.export.network import trace_network
from constnet.export.recording import expected, random_inputs

pytestmark = pytest.mark.skipif(not shutil.which("rustc"), reason="rustc is not on this machine")


def rustc(*arguments, folder):
    line = ["rustc", "--edition", "2021", *arguments]
    result = subprocess.run(line, cwd=folder, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr


def test_a_prediction_is_a_constant_with_pythons_bits(model, tmp_path):
    """rustc evaluates `predict` and compares its bits with the interpreter's while it compiles."""
    network = trace_network(model, numerics="exact")
    (given,) = random_inputs(network, 0)
    ((wanted,),) = expected(network, [(given,)])
    export_model(model, tmp_path / "net.rs", prefix="net")
    rustc("--crate-type", "rlib", "--crate-name", "net", "net.rs", folder=tmp_path)
    values, bits = (
        ", ".join(template.format(value) for value in array.view(np.uint32).reshape(-1))
        for template, array in (("f32::from_bits({})", given), ("{}", wanted))
    )
    (tmp_path / "main.rs").write_text(
        f"const Y: [f32; 3] = net::predict(&[{values}]);\nconst WANTED: [u32; 3] = [{bits}];\n"
        "const _: () = { let mut i = 0; while i < 3 {"
        " assert!(Y[i].to_bits() == WANTED[i]); i += 1; } };\n"
        'fn main() { println!("{} {}", net::CLASS_NAMES[2], Y.len()); }\n'
    )
    rustc("--extern", "net=libnet.rlib", "main.rs", folder=tmp_path)
    shown = subprocess.run([str(tmp_path / "main")], capture_output=True, text=True, check=True)
    assert shown.stdout == "日本??/ 3\n"


@pytest.mark.parametrize("numerics", ["exact", "fma"])
def test_self_test_of_a_crate(model, numerics, tmp_path):
    export_model(model, tmp_path / "my crate", numerics=numerics, self_test=True)
    manifest = (tmp_path / "my crate" / "Cargo.toml").read_text()
    assert 'name = "my_crate"' in manifest
    library = tmp_path / "my crate" / "src" / "lib.rs"
    rustc("--crate-type", "rlib", "--crate-name", "net", str(library), folder=tmp_path)
    (tmp_path / "main.rs").write_text('fn main() { println!("{}", net::self_test()); }\n')
    rustc("--extern", "net=libnet.rlib", "main.rs", folder=tmp_path)
    shown = subprocess.run([str(tmp_path / "main")], capture_output=True, text=True, check=True)
    assert shown.stdout == "0\n"
