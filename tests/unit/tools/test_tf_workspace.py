"""`make tf` plans and applies with the stand-in provider alone, whoever is logged in and whatever registry answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tools.tf import workspace as subject

# a Terraform whose registry always answers, and which keeps what each call was told
TERRAFORM = """#!/bin/sh
echo "== $*" >>"$HOME/calls"
env >>"$HOME/calls"
"""
STAND_IN = """echo 'provider_installation { filesystem_mirror { path = "/mirror" } }' >"$1"\n"""
LOGGED_IN = {
    "AWS_ACCESS_KEY_ID": "of-a-person",
    "AWS_SECRET_ACCESS_KEY": "of-a-person",
    "AWS_SESSION_TOKEN": "of-a-person",
    "AWS_PROFILE": "of-a-person",
    "AWS_CONFIG_FILE": "of-a-person",
    "AWS_ROLE_ARN": "of-a-person",
    "TF_CLI_CONFIG_FILE": "of-a-person",
    "TF_CLI_ARGS_apply": "of-a-person",
    "TF_REATTACH_PROVIDERS": "of-a-person",
}
REAL, STANDING_IN = b"\x7fELF\x02\x01", b'#!/bin/sh\nexec "${TFOFF_HOME:-$HOME/.cache/terraform-offline}/run" aws'


def test_no_account_and_no_real_provider_is_ever_reached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Fake credentials in every call, only the stand-in's configuration, and a real provider is refused in words."""
    stand_in, calls = tmp_path / "setup.sh", tmp_path / "calls"
    (tmp_path / "terraform").write_text(TERRAFORM, "utf-8")
    (tmp_path / "terraform").chmod(0o755)
    for name, value in (LOGGED_IN | {"HOME": str(tmp_path), "PATH": f"{tmp_path}:/usr/bin:/bin"}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(subject, "STAND_IN", stand_in)

    with pytest.raises(subject.TerraformMissingError, match="they never do"):
        subject.open_workspace()
    assert not calls.exists()

    stand_in.write_text(STAND_IN, "utf-8")
    opened = subject.open_workspace()
    try:
        provider = tmp_path / "mirror" / "terraform-provider-aws_v6"  # Terraform links a mirror's folder, as here
        provider.parent.mkdir()
        providers = opened.folder / "terraform" / ".terraform" / "providers"
        providers.mkdir(parents=True)
        (providers / "linux").symlink_to(provider.parent)
        provider.write_bytes(STANDING_IN)
        for command in ("init", "test", "plan", "apply", "destroy"):
            assert opened.run("terraform", command, env={"AWS_ACCESS_KEY_ID": "of-a-person"}).ok
        told = calls.read_text("utf-8")
        assert "of-a-person" not in told
        assert told.count("\nAWS_ACCESS_KEY_ID=fake\n") == told.count("\nAWS_CONFIG_FILE=/dev/null\n") == 5
        assert "filesystem_mirror" in Path(opened.environment["TF_CLI_CONFIG_FILE"]).read_text("utf-8")

        provider.write_bytes(REAL)
        for command in ("test", "plan", "apply", "destroy", "refresh"):
            with pytest.raises(subject.RealProviderError, match=f"terraform {command} would use .* not the stand-in"):
                opened.run("terraform", command)
        assert calls.read_text("utf-8") == told
    finally:
        opened.remove()
