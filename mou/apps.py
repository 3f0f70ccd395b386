from importlib import import_module

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class MouConfig(AppConfig):
    name = "mou"

    def ready(self) -> None:
        """What only this room knows is told in others, and its topics take their places on its shared pages."""
        from funding import case_studies, mou_status
        from funding.stages import reported, ways
        from mou import reminders
        from mou.agreement.remind import to_sign
        from mou.agreement.states import status_of
        from mou.case_studies import reminders as of_studies
        from mou.case_studies.panel import case_study_panel
        from mou.case_studies.progress import reached
        from mou.case_studies.steps import consent_steps
        from mou.changes.money import in_mou
        from mou.changes.steps import variation_steps
        from mou.copying import copy_delivery
        from mou.delivery import awaited, panels
        from mou.delivery import reminders as of_reports
        from mou.delivery.panel import progress_panel
        from mou.delivery.steps import report_steps
        from mou.drafts.steps import draft_steps
        from mou.health_checks.panel import panel as health_check_panel
        from mou.health_checks.way import ways_of
        from mou.plan import plans
        from mou.plan.steps import plan_steps
        from mou.projects import projects
        from mou.projects.actions import fill_high_impact_actions
        from mou.projects.page import panel as project_panel
        from mou.review import reminders as of_reviews
        from mou.review.panel import feedback_steps, review_panel
        from mou.suppliers.panel import supplier_panel
        from resilience.programmes import copying
        from resilience.referrals import following

        post_migrate.connect(fill_high_impact_actions, sender=self)
        mou_status.register(status_of)
        mou_status.register_money(in_mou)
        ways.register(ways_of)
        reported.register(awaited.reports_of_stages)
        reminders.OUTSTANDING.extend(
            (to_sign, of_reports.outstanding, of_reviews.outstanding, of_studies.outstanding)
        )
        following.STEPS.extend(
            (variation_steps, draft_steps, plan_steps, report_steps, feedback_steps, consent_steps)
        )
        panels.PANELS.extend(
            (
                progress_panel,
                health_check_panel,
                project_panel,
                supplier_panel,
                review_panel,
                case_study_panel,
            )
        )
        case_studies.register(reached)
        copying.MORE.append(copy_delivery)
        plans.MORE_GAPS.append(projects.gaps)
        plans.MORE_SAID.append(projects.said)
        import_module("mou.changes.actions")
        _follow_suppliers()


def _follow_suppliers() -> None:
    """What suppliers deliver holds back their money, keeps practices in their care and is reminded of."""
    from funding import supplier_progress
    from mou.reminders import OUTSTANDING
    from mou.suppliers import chasing, invoicing, rules
    from practices import care

    supplier_progress.register(invoicing.held_back)
    care.KEPT_OPEN.append(rules.why_kept_open)
    OUTSTANDING.append(chasing.outstanding)
