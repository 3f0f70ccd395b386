# ruff: noqa: E501 - a clause is a line
"""Our wording of the MoU of a national programme: seventeen sections, two appendices."""

from mou.models import Appendix
from mou.wording.words import AppendixText, SectionText, Wording

APPENDICES = (
    AppendixText(Appendix.Kind.OBJECTIVES, "Improvement plan"),
    AppendixText(
        Appendix.Kind.CONTRIBUTIONS,
        "Contributions",
        "No money passes by this Memorandum of Understanding itself. The practice contributes in kind. Financial assistance under Section 96 is discretionary, and may be withdrawn.",
    ),
)

WORDING = Wording(
    title="Memorandum of Understanding",
    appendices=APPENDICES,
    notice_months=3,
    notice_months_failure=1,
    may_extend=True,
    sections=(
        SectionText(
            "The parties",
            """
This Memorandum of Understanding is made between the commissioner and the practice named below, under reference {reference}.
{parties}
“The practice” means every practice named here. Where there is more than one, {practice_name} leads the group, and agrees and signs on behalf of all of them.
""",
            "parties",
        ),
        SectionText(
            "Background and purpose",
            """
{programme_name} helps general practices that are under pressure to become stable, to work well and to last. This Memorandum of Understanding is part of that programme, in the year {programme_year}.
The practice asked for support, the commissioner assessed the request against the programme’s published criteria, and support was granted.
It records the support that the practice will be given, and what each party may expect of the other.
The support, and the money committed to it, are:
{support}
""",
            "purpose",
        ),
        SectionText(
            "The practice’s part",
            """
The practice will engage fully with the support it is given, and will make its partners, managers and staff available for the work that the improvement plan sets out.
It will be open about the support and its progress with the other practices it works with, with the Local Medical Committee and with its patients, through its patient participation group.
It will share with the commissioner, and with those who provide the support, the information that is relevant to it, and will do so promptly.
It keeps its full contractual and professional responsibility for the services it provides and for the care of its patients. Nothing here takes any of that away.
It will act in good faith throughout.
""",
            "practice",
        ),
        SectionText(
            "The commissioner’s part",
            """
The commissioner will secure the support services described in {see objectives}, either with its own staff or through a supplier.
The support is given at the commissioner’s discretion. The commissioner may withdraw all or part of it by giving the practice written notice and its reasons.
The commissioner may share information about the support with those who need it in order to provide or oversee it, subject to {see confidentiality}.
Where a supplier provides the support, the commissioner will hold the supplier to account for its quality and its timeliness.
""",
            "commissioner",
        ),
        SectionText(
            "The improvement plan",
            """
Both parties have agreed the improvement plan in {see objectives}, and each commits itself to carrying out its part of that plan.
The plan sets objectives that are specific, measurable, achievable, relevant and bound to a date. Progress is judged against them and against nothing else.
""",
            "plan",
        ),
        SectionText(
            "Working together",
            """
Each party will use its reasonable endeavours to achieve what the improvement plan sets out.
In all they do under this Memorandum of Understanding, both parties will put the interests of patients first.
""",
            "together",
        ),
        SectionText(
            "Governance",
            """
The strategic lead acts for the commissioner, oversees the support as a whole and approves the improvement plan.
The operational lead liaises with the practice from day to day. The commissioner may appoint a nominee for this purpose.
The practice lead speaks for the practice, and sees that its part of the plan is carried out.
The operational lead and the practice lead agree the improvement plan and its objectives between them.
The leads are:
{leads}
""",
            "governance",
        ),
        SectionText(
            "Reporting",
            """
Reporting will be light, and will use the channels that the parties already have. It will never be used to manage the performance of the practice’s contract.
The parties have agreed these reports and no others: a review of progress against each objective, which the practice lead and the operational lead make and record at the times that the plan sets; and, when the plan ends, their joint report of what was achieved against each objective.
[case study] The practice agrees to help the commissioner to write a case study of the support, which says what went well and what did not. The practice will see it before it is published, and may ask not to be named.
""",
            "reporting",
        ),
        SectionText(
            "Resolving difficulties",
            """
A party that has a concern about the support, or about the conduct of the other party, will notify the other’s lead as soon as it can.
The practice lead and the operational lead will try to settle the matter by talking with each other.
If they cannot, they will refer it to the strategic lead, who may ask the Local Medical Committee for its help or its advice.
""",
            "difficulties",
        ),
        SectionText(
            "Confidentiality",
            """
Each party will keep confidential what it learns about the other through the support, except where the law requires disclosure, where the other agrees to it, or where patients may be at risk.
No information from which a patient could be known will be exchanged under this Memorandum of Understanding.
The practice and a supplier may make a confidentiality agreement of their own.
""",
            "confidentiality",
        ),
        SectionText(
            "Duration and exit",
            """
This Memorandum of Understanding takes effect when both parties have signed it.
It ends on {ends_on}, or when the improvement plan has been delivered, whichever is sooner.
When the support ends, the parties will follow this exit strategy: {exit_strategy}
The commissioner may extend the support, at its discretion and within the resources it has. An extension is made in writing.
""",
            "duration",
        ),
        SectionText(
            "Variation",
            """
This Memorandum of Understanding, its appendices included, may be varied only in writing, signed by both parties.
""",
            "variation",
        ),
        SectionText(
            "Termination",
            """
Either party may end this Memorandum of Understanding by giving the other {notice_period} notice in writing. It need not give a reason.
The commissioner may end it by giving {notice_period_failure} notice in writing where, acting reasonably and having talked with the Local Medical Committee, it finds that the practice has failed to cooperate with the support.
In any other case of disagreement, the parties will follow {see difficulties}.
""",
            "termination",
        ),
        SectionText(
            "Costs and responsibility",
            """
Each party bears its own costs of entering into and carrying out this Memorandum of Understanding, except for the contributions set out in {see contributions}.
Each party answers for its own acts and omissions, and for those of its staff.
""",
            "costs",
        ),
        SectionText(
            "Status",
            """
This Memorandum of Understanding is not legally binding, and no legal rights or duties arise from it. The parties nevertheless enter into it meaning to honour it.
Nothing in it makes the parties partners, or makes either of them the agent of the other.
""",
            "status",
        ),
        SectionText(
            "Signatories",
            """
Each person who signs below confirms that they have authority to do so for the party they name.
{signatories}
""",
            "signatories",
        ),
        SectionText(
            "Contact points",
            """
Notices and questions under this Memorandum of Understanding go to these people.
{contact_points}
""",
            "contacts",
        ),
    ),
)
