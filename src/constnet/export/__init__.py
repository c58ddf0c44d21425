"""Source artefacts of trained networks, and the check that they agree with Python."""

from constnet.export.model import export_model
from constnet.export.verification import VerifyReport, verify_artefact

__all__ = ["VerifyReport", "export_model", "verify_artefact"]
