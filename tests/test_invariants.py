"""The eleven invariants of the domain, each by its number, and the tests that prove it.

A test stands here only where no other proves the same; the table is checked, so that none can go unnoticed.
"""

import ast
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
WALK = "discovery/test_programme_machine.py::test_the_programme_walked_at_random_keeps_every_invariant"

PROVEN_BY: dict[int, tuple[str, tuple[str, ...]]] = {
    1: (
        "A submitted referral is never lost, edited silently or deleted; corrections are new entries.",
        (
            WALK,
            "referrals/test_practice_acts.py::test_what_was_sent_never_changes_and_is_never_deleted",
            "referrals/test_practice_races.py::test_killed_while_sending_nothing_is_half_done_and_nothing_lost",
            "referrals/test_office_actions.py::test_a_correction_stands_beside_what_was_sent",
        ),
    ),
    2: (
        "The acknowledgement clock starts at receipt, counts England's working days and cannot be reset.",
        (
            WALK,
            "referrals/test_practice_acts.py::test_sending_fixes_the_clock_the_reference_and_what_the_register_said",
            "referrals/test_office_actions.py::test_the_clock_cannot_be_reset",
            "core/test_calendar.py::test_the_due_day_is_exactly_so_many_working_days_away",
        ),
    ),
    3: (
        "Rating is a function of (scope, impact) and the matrix version; nobody types a rating.",
        (
            WALK,
            "assessments/test_matrix_pages.py::test_the_rating_follows_from_the_two_scores_by_the_naive_table",
            "assessments/test_matrix_pages.py::test_a_cell_of_another_matrix_is_no_answer",
        ),
    ),
    4: (
        "Nobody decides where they declared an interest; the assessor is not the only one who decides.",
        (
            WALK,
            "decisions/test_pages.py::test_who_declared_an_interest",
            "decisions/test_pages.py::test_the_assessor",
        ),
    ),
    5: (
        "Commitments never pass the allocation nor payments the commitment, under concurrency.",
        (
            WALK,
            "funding/test_money_machine.py::test_money_walks_at_random_through_every_act",
            "funding/test_ledger.py::test_exactly_one_wins_and_the_other_reads_why",
            "funding/test_ledger.py::test_control_without_the_locks_the_pound_is_promised_twice",
            "funding/test_ledger.py::test_two_hundred_tries_never_overspend",
            "funding/test_moves.py::test_exactly_one_moves_and_the_other_says_why",
            "funding/test_closing.py::test_either_the_commit_goes_on_or_it_reads_that_the_year_is_closed",
            "funding/test_invoice_races.py::test_one_invoice_wins_and_the_other_reads_why",
            "funding/test_run_races.py::test_one_takes_the_money_and_the_other_reads_why",
            "funding/test_run_races.py::test_a_payment_is_recorded_once",
        ),
    ),
    6: (
        "Money is exact to the penny; ledger entries are only ever added.",
        (
            "core/test_uploaded_cells.py::test_any_amount_written_in_any_accepted_way_is_read_exactly",
            "funding/test_imports.py::test_the_published_payments_to_the_penny",
            "funding/test_allocations.py::test_fair_shares_sum_exactly_and_agree_with_a_naive_second_count",
            "funding/test_stage_worth.py::test_stages_never_pass_a_commitment_and_a_fixed_sum_counts_once_a_practice",
            "funding/test_standing.py::test_every_cut_agrees_with_the_slow_way_and_adds_up_to_the_whole",
            "funding/test_ledger.py::test_the_database_refuses_a_transfer_that_makes_no_sense",
            "funding/test_closed_year.py::test_the_ledger_has_one_writer",
            "core/test_integrity.py::test_what_is_append_only_never_changes",
            "test_invariants.py::test_6_the_ledger_is_append_only",
        ),
    ),
    7: (
        "No commitment becomes payable without an MoU signed by both sides, unless its stage pays earlier.",
        (
            WALK,
            "funding/test_stages.py::test_a_stage_waits_for_its_own_reason_and_for_the_mou",
            "funding/test_stages.py::test_only_a_stage_that_pays_earlier_opens_before_the_mou",
            "funding/test_stages.py::test_the_sweep_passes_over_what_still_waits_for_the_mou",
            "mou/test_agreement.py::test_the_second_signature_opens_the_money_and_moves_the_referral",
        ),
    ),
    8: (
        "What was signed is the exact document shown: same bytes, same hash.",
        (
            WALK,
            "mou/test_agreement.py::test_what_was_sent_never_changes",
            "mou/test_agreement.py::test_the_same_inputs_give_the_same_bytes",
            "mou/test_agreement_seal.py::test_the_bytes_on_record_are_the_bytes_downloaded",
            "mou/test_seal.py::test_one_bit_anywhere_is_found",
        ),
    ),
    9: (
        "A user sees and does only what their roles allow, in their scope, on every URL, file and export.",
        (
            "discovery/test_access.py::test_gives_the_access_it_declares",
            "discovery/test_states.py::test_allowed_exactly_where_the_table_says",
            "discovery/test_sources.py::test_views_reach_scoped_rows_only_through_visible_to",
            "discovery/test_lists.py::test_every_export_is_every_row_with_unique_labels_and_no_formula",
        ),
    ),
    10: (
        "Every change of state says who, when, what and why, and the trail shows tampering.",
        (
            WALK,
            "discovery/test_states.py::test_allowed_exactly_where_the_table_says",
            "core/test_trail.py::test_a_changed_entry_is_named",
            "core/test_trail.py::test_a_tail_cut_off_shows_against_a_head_printed_earlier",
        ),
    ),
    11: (
        "What a return or a committee was shown can be reproduced byte for byte later.",
        (
            "test_invariants.py::test_11_a_stored_file_is_the_same_bytes_for_ever",
            "funding/test_returns.py::test_kept_byte_for_byte_whatever_comes_after",
            "funding/test_returns.py::test_previewed_made_and_downloaded_again_identical",
            "funding/test_reports.py::test_its_facts_make_the_same_bytes_again_and_it_is_kept",
            "funding/test_reports.py::test_issued_from_the_page_and_downloaded_again_identical",
        ),
    ),
}


def _tests_of(path: Path) -> set[str]:
    return {
        node.name
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")
    }


def test_there_are_eleven():
    assert list(PROVEN_BY) == list(range(1, 12))


@pytest.mark.parametrize("number", PROVEN_BY)
def test_what_proves_it_is_there(number: int):
    words, proofs = PROVEN_BY[number]
    assert words
    assert proofs
    for proof in proofs:
        path, name = proof.split("::")
        assert name in _tests_of(HERE / path), f"invariant {number} was proven by {proof}, which is gone"


def test_6_the_ledger_is_append_only():
    from funding.models import Commitment, Transfer
    from resilience.core.integrity import AppendOnly

    assert Transfer.integrity == Commitment.integrity == AppendOnly()
    assert Transfer._meta.get_field("amount").get_internal_type() == "PositiveBigIntegerField"


@pytest.mark.django_db
def test_11_a_stored_file_is_the_same_bytes_for_ever():
    from django.db import DatabaseError, transaction

    from resilience.core.models import StoredFile

    kept = StoredFile.keep(name="return.xlsx", content_type="x", content=b"as it was sent", by=None)
    with pytest.raises(DatabaseError), transaction.atomic():
        StoredFile.objects.filter(pk=kept.pk).update(content=b"as it never was")
    assert bytes(StoredFile.objects.get(pk=kept.pk).content) == b"as it was sent"
