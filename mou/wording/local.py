# ruff: noqa: E501 - a clause is a line
"""Our wording of the MoU of a local scheme: between one CCG and the practice, without contributions."""

from mou.models import Appendix
from mou.wording.words import AppendixText, SectionText, Wording

WORDING = Wording(
    title="Memorandum of Understanding",
    appendices=(
        AppendixText(
            Appendix.Kind.SOURCES,
            "Support and action plan",
            """The national programme that releases time for care
The education provider network
Federations and clusters of practices
Transformation money
The Local Medical Committee
The primary care home initiative
The CCG’s own leads for primary care, workforce, finance and quality""",
        ),
        AppendixText(Appendix.Kind.ACTIONS),
    ),
    notice_months=1,
    notice_months_failure=None,
    may_extend=False,
    sections=(
        SectionText(
            "The parties",
            """
This Memorandum of Understanding is made between the CCG and the practice named below, under reference {reference}.
{parties}
“The CCG” means {commissioner_name}. “The practice” means every practice named here; where there is more than one, {practice_name} agrees and signs on behalf of all of them.
""",
            "parties",
        ),
        SectionText(
            "Background and purpose",
            """
{programme_name} helps practices to look at their own resilience and to act on what they find. This Memorandum of Understanding is made in the year {programme_year}.
It records what the practice has undertaken to do, and the support that the CCG gives it to do so.
The support, and the money committed to it, are:
{support}
""",
            "purpose",
        ),
        SectionText(
            "The practice’s part",
            """
The practice will carry out the actions that {see actions} gives to it, by the dates set there.
It will use the money for the purposes named in this Memorandum of Understanding and for no others.
It will make its staff available, and will share what it learns with other practices.
It keeps its full contractual and professional responsibility for the services it provides and for the care of its patients.
""",
            "practice",
        ),
        SectionText(
            "The CCG’s part",
            """
The CCG will give the practice the support named in this Memorandum of Understanding, and will help it to find support from the sources that {see sources} lists.
The support is given at the CCG’s discretion and within the resources that it has.
""",
            "ccg",
        ),
        SectionText(
            "The action plan",
            """
Both parties have agreed the action plan in {see actions}, and each commits itself to carrying out its part.
""",
            "plan",
        ),
        SectionText(
            "Working together",
            """
Each party will act in good faith, will use its reasonable endeavours to carry out the plan, and will put the interests of patients first.
""",
            "together",
        ),
        SectionText(
            "Governance",
            """
The strategic lead oversees the scheme for the CCG. The operational lead works with the practice from day to day. The practice lead answers for the practice’s part of the plan.
""",
            "governance",
        ),
        SectionText(
            "Reporting",
            """
The practice lead will tell the operational lead how each action stands when asked, and when it is complete.
The operational lead will report progress to the CCG’s operational group and to its primary care committee.
Reports will be light, and will never be used to manage the performance of the practice’s contract.
[case study] The practice agrees to help the CCG to write a case study of what was done, which says what went well and what did not. The practice may ask not to be named.
""",
            "reporting",
        ),
        SectionText(
            "Resolving difficulties",
            """
The practice lead and the operational lead will try to settle any difficulty by talking with each other. If they cannot, they will refer it to the strategic lead, who may ask the Local Medical Committee for advice.
""",
            "difficulties",
        ),
        SectionText(
            "Confidentiality",
            """
Each party will keep confidential what it learns about the other, except where the law requires disclosure, where the other agrees to it, or where patients may be at risk.
No information from which a patient could be known will be exchanged under this Memorandum of Understanding.
""",
            "confidentiality",
        ),
        SectionText(
            "Duration",
            """
This Memorandum of Understanding takes effect when both parties have signed it.
It ends on {ends_on}, or when the action plan has been delivered, whichever is sooner. It is not extended.
When it ends, the practice will carry on as follows: {exit_strategy}
""",
            "duration",
        ),
        SectionText(
            "Variation",
            """
This Memorandum of Understanding may be varied only in writing, signed by both parties.
""",
            "variation",
        ),
        SectionText(
            "Termination",
            """
Either party may end this Memorandum of Understanding by giving the other {notice_period} notice in writing.
Money that the practice has been paid and has not spent by then is returned to the CCG.
""",
            "termination",
        ),
        SectionText(
            "Costs and responsibility",
            """
Each party bears its own costs, except for the money committed in {see purpose}. Each answers for its own acts and omissions.
""",
            "costs",
        ),
        SectionText(
            "Status",
            """
This Memorandum of Understanding is not legally binding. The parties nevertheless enter into it meaning to honour it. Nothing in it makes them partners, or makes either the agent of the other.
""",
            "status",
        ),
        SectionText(
            "Contact points and signatories",
            """
Notices and questions go to these people.
{contact_points}
Each person who signs below confirms that they have authority to do so for the party they name.
{signatories}
""",
            "contacts",
        ),
    ),
)
