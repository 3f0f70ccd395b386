# ruff: noqa: E501 - a clause is a line
"""Our wording of the MoU of a national programme that a supplier co-signs as operational partner.

What binds commissioner and practice alone is said in the words of ``national``.
"""

from dataclasses import replace

from mou.wording.national import WORDING as NATIONAL
from mou.wording.words import SectionText

_SAME = {each.name: each for each in NATIONAL.sections}

WORDING = replace(
    NATIONAL,
    has_supplier=True,
    sections=(
        SectionText(
            "The parties",
            """
This Memorandum of Understanding is made between the commissioner, the practice and the supplier named below, under reference {reference}.
{parties}
“The practice” means every practice named here. Where there is more than one, {practice_name} leads the group, and agrees and signs on behalf of all of them.
“The supplier” means {supplier_name}, which delivers the support as the commissioner’s operational partner.
""",
            "parties",
        ),
        SectionText(
            "Background and purpose",
            """
{programme_name} helps general practices that are under pressure to become stable, to work well and to last. This Memorandum of Understanding is part of that programme, in the year {programme_year}.
The practice asked for support, the commissioner assessed the request against the programme’s published criteria, and support was granted.
It records the support that the practice will be given, who delivers it, and what each party may expect of the others.
The support, and the money committed to it, are:
{support}
""",
            "purpose",
        ),
        SectionText(
            "The practice’s part",
            """
The practice will engage fully with the support it is given, will name a lead for it, and will make its partners, managers and staff available for the work that the improvement plan sets out.
It will read the data pack that the supplier prepares before it is visited, and will complete the audit and the reviews by colleagues that the supplier asks for.
It will be open about the support and its progress with the other practices it works with, with the Local Medical Committee and with its patients, through its patient participation group.
It will share with the commissioner and the supplier the information that is relevant to the support, and will do so promptly.
[optional practice pays] It will pay its own part of the supplier’s charge within 30 days of an invoice, which the supplier sends once the improvement plan is complete.
It keeps its full contractual and professional responsibility for the services it provides and for the care of its patients. Nothing here takes any of that away.
It will act in good faith throughout.
""",
            "practice",
        ),
        SectionText(
            "The commissioner’s part",
            """
The commissioner will secure the support services described in {see objectives} from the supplier.
The support is given at the commissioner’s discretion. The commissioner may withdraw all or part of it by giving the practice and the supplier written notice and its reasons.
The commissioner may share information about the support with those who need it in order to provide or oversee it, subject to {see confidentiality}.
The commissioner will hold the supplier to account for the quality and the timeliness of the support.
""",
            "commissioner",
        ),
        SectionText(
            "The supplier’s part",
            """
The supplier will name a change manager, who is the practice’s contact for the support from beginning to end.
It will begin with a conversation about the practice’s readiness for change, and will then carry out a diagnostic review, for which it prepares a data pack that compares the practice with its peers.
It will set out what it finds and the actions it recommends in an options report, and will help the practice to write its improvement plan.
It will tell the operational lead how the work stands at each of these steps, and at once of anything that may put patients at risk.
It will report to the commissioner on needs that several practices share and could meet together, without naming what any one practice said in confidence.
[optional benchmarking] With the practice’s consent, it may use the practice’s data to compare practices, once nothing in it can be traced to the practice or to a patient.
""",
            "supplier",
        ),
        SectionText(
            "The improvement plan",
            """
The parties have agreed the improvement plan in {see objectives}, and each commits itself to carrying out its part of that plan.
The plan sets objectives that are specific, measurable, achievable, relevant and bound to a date. Progress is judged against them and against nothing else.
""",
            "plan",
        ),
        SectionText(
            "Working together",
            """
Each party will use its reasonable endeavours to achieve what the improvement plan sets out.
In all they do under this Memorandum of Understanding, the parties will put the interests of patients first.
""",
            "together",
        ),
        SectionText(
            "Governance",
            """
The strategic lead acts for the commissioner, oversees the support as a whole and approves the improvement plan.
The operational lead liaises with the practice and the supplier from day to day. The commissioner may appoint a nominee for this purpose.
The practice lead speaks for the practice, and sees that its part of the plan is carried out.
The supplier’s change manager answers for the supplier’s part.
The operational lead and the practice lead agree the improvement plan and its objectives between them.
The leads are:
{leads}
""",
            "governance",
        ),
        replace(
            _SAME["reporting"],
            clauses=_SAME["reporting"].clauses.replace(
                "which the practice lead and the operational lead make",
                "which the practice lead and the operational lead make with the supplier",
            ),
        ),
        SectionText(
            "Resolving difficulties",
            """
A party that has a concern about the support, or about the conduct of another party, will notify that party’s lead as soon as it can.
The practice lead, the operational lead and the supplier will try to settle the matter by talking with each other.
If they cannot, they will refer it to the strategic lead, who may ask the Local Medical Committee for its help or its advice.
""",
            "difficulties",
        ),
        SectionText(
            "Confidentiality",
            """
Each party will keep confidential what it learns about another through the support, except where the law requires disclosure, where the other agrees to it, or where patients may be at risk.
No information from which a patient could be known will be exchanged under this Memorandum of Understanding.
The practice and the supplier may make a confidentiality agreement of their own, which covers the data that the supplier gathers.
""",
            "confidentiality",
        ),
        SectionText(
            "Duration and exit",
            """
This Memorandum of Understanding takes effect when all parties have signed it.
It ends on {ends_on}, or when the improvement plan has been delivered, whichever is sooner.
When the support ends, the parties will follow this exit strategy: {exit_strategy}
The commissioner may extend the support, at its discretion and within the resources it has. An extension is made in writing.
""",
            "duration",
        ),
        SectionText(
            "Variation",
            """
This Memorandum of Understanding, its appendices included, may be varied only in writing, signed by all parties.
""",
            "variation",
        ),
        SectionText(
            "Termination",
            """
Any party may end this Memorandum of Understanding by giving the others {notice_period} notice in writing. It need not give a reason.
The commissioner may end it by giving {notice_period_failure} notice in writing where, acting reasonably and having talked with the Local Medical Committee, it finds that the practice has failed to cooperate with the support.
In any other case of disagreement, the parties will follow {see difficulties}.
""",
            "termination",
        ),
        SectionText(
            "Costs and responsibility",
            """
Each party bears its own costs of entering into and carrying out this Memorandum of Understanding, except for the contributions set out in {see contributions} and the money committed in {see purpose}.
Each party answers for its own acts and omissions, and for those of its staff.
""",
            "costs",
        ),
        SectionText(
            "Status",
            """
This Memorandum of Understanding is not legally binding, and no legal rights or duties arise from it. The parties nevertheless enter into it meaning to honour it. It changes nothing in any contract between the commissioner and the supplier.
Nothing in it makes the parties partners, or makes any of them the agent of another.
""",
            "status",
        ),
        _SAME["signatories"],
        _SAME["contacts"],
    ),
)
