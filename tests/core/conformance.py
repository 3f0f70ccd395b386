"""What an independent checker finds wrong with a PDF under the two profiles we promise."""

import page

PROFILES = (page.ValidationProfile.PDF_A_3A, page.ValidationProfile.PDF_UA_1)


def problems(pdf: bytes) -> list[str]:
    """One line a finding, under PDF/A-3a and PDF/UA-1; empty when the file keeps both."""
    found = []
    for profile in PROFILES:
        report = page.validate_pdf_bytes(pdf, profile=profile)
        assert report.rules.total > 50, "the profile was not really checked"
        found += [f"{profile.value} {f.rule_id}: {f.message}" for f in report.failures]
        assert report.is_compliant == (not report.failures)
    return found
