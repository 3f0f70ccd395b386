"""The health check that ships with the product: the first version to publish, and a start for any other."""

from mou.health_checks.content import QuestionContent, SectionContent, with_keys
from mou.models import Question

NAME = "Practice health check"

Kind, Need = Question.Kind, Question.Need


def _scale(key: str, words: str, theme: str, *scale: str, hint: str = "") -> QuestionContent:
    return QuestionContent(words, Kind.SCALE, key, hint, scale, need=Need.LOW, theme=theme)


def _yes(key: str, words: str, theme: str, *, hint: str = "", carries_over: bool = False) -> QuestionContent:
    """A question whose "yes" shows a need."""
    return QuestionContent(
        words, Kind.YES_NO, key, hint, need=Need.YES, theme=theme, carries_over=carries_over
    )


def _no(key: str, words: str, theme: str, *, hint: str = "", carries_over: bool = False) -> QuestionContent:
    """A question whose "no" shows a need."""
    return QuestionContent(
        words, Kind.YES_NO, key, hint, need=Need.NO, theme=theme, carries_over=carries_over
    )


def _number(key: str, words: str, hint: str = "", *, carries_over: bool = False) -> QuestionContent:
    return QuestionContent(words, Kind.NUMBER, key, hint, carries_over=carries_over)


TIME = "Releasing time for care"
WORKFORCE = "Workforce planning"
MANAGEMENT = "Practice management skills"
MONEY = "Finance and premises"
ACCESS = "Access and patients’ experience"
TOGETHER = "Working with other practices"
SAFETY = "Quality and safety"

OPERATIONAL = SectionContent(
    "Operational",
    key="operational",
    guidance="How the practice works from day to day. Answer for the practice as it is now.",
    questions=(
        _scale(
            "active-signposting",
            "Do receptionists guide patients to the right person or service at first contact?",
            TIME,
            "No",
            "Some of them do",
            "All of them do, without training or an agreed guide",
            "All of them are trained and follow an agreed guide",
        ),
        _scale(
            "consultation-types",
            "Can patients be seen by telephone, online or in a group as well as face to face?",
            TIME,
            "Face to face only",
            "By telephone for some",
            "By telephone for all who can use it",
            "Several ways, offered to all",
        ),
        _scale(
            "missed-appointments",
            "Do you know how many appointments are missed, and act on it?",
            TIME,
            "We do not know",
            "We know, and do nothing yet",
            "We have tried some things",
            "We act on it, and fewer are missed",
        ),
        _scale(
            "work-flows",
            "Are letters, results and repeat prescriptions handled without passing through a GP each time?",
            TIME,
            "All pass through a GP",
            "A few do not",
            "Most do not",
            "Trained staff handle them by an agreed protocol",
        ),
        _scale(
            "quality-improvement",
            "Does the team know how to test and measure a change to the way it works?",
            TIME,
            "Nobody does",
            "One person does",
            "Several people do",
            "It is how we work",
        ),
        _no(
            "significant-events",
            "Are significant events reviewed by the whole team at least four times a year?",
            SAFETY,
        ),
        _yes(
            "cqc-concern",
            "Was the practice rated “requires improvement” or “inadequate” at its last CQC inspection?",
            SAFETY,
            carries_over=True,
        ),
        QuestionContent(
            "When was the last CQC inspection?",
            Kind.DATE,
            "cqc-inspected",
            "Leave it empty if there has been none",
            is_required=False,
            carries_over=True,
        ),
    ),
)

BUSINESS = SectionContent(
    "Business",
    key="business",
    guidance="How the practice is led, what it earns and where it works.",
    questions=(
        _scale(
            "leadership",
            "Do the partners agree on where the practice should be in three years?",
            MANAGEMENT,
            "They do not agree",
            "It was never discussed",
            "They agree on most of it",
            "They agree, and it is written down",
        ),
        _yes(
            "partnership-change",
            "Will a partner leave or retire within two years, with no successor found?",
            WORKFORCE,
        ),
        _no(
            "partnership-agreement",
            "Is there a partnership agreement that all partners have signed?",
            MANAGEMENT,
            carries_over=True,
        ),
        _scale(
            "financial-planning",
            "Does the practice plan its income and spending ahead?",
            MONEY,
            "No",
            "For the next few months",
            "A year ahead",
            "A year ahead, and looked at every month",
        ),
        _scale(
            "manager-skills",
            "How confident is the practice manager in HR, workforce planning and finance?",
            MANAGEMENT,
            "There is no manager now",
            "Not confident",
            "Confident in some of it",
            "Confident in all of it",
        ),
        _scale(
            "premises",
            "Do the premises allow the practice to work as it wants to?",
            MONEY,
            "They put the practice at risk",
            "They hold it back",
            "They do for now",
            "They do, with room to grow",
        ),
        _scale(
            "working-together",
            "Does the practice share staff, services or back-office work with others?",
            TOGETHER,
            "No",
            "We talk about it",
            "A little",
            "Much of it",
        ),
        _no("continuity", "Was the business continuity plan tried out in the last two years?", SAFETY),
        _yes(
            "list-closure",
            "Is the list closed, or is the practice thinking of applying to close it?",
            ACCESS,
        ),
    ),
)

WORKFORCE_SECTION = SectionContent(
    "Workforce",
    key="workforce",
    guidance="Whole-time equivalent (WTE): 1 is one person full time, 0.5 half time. "
    "These figures are the practice’s workforce data.",
    questions=(
        _number(
            "gps-wte", "How many GPs, in whole-time equivalents?", "Partners, salaried GPs and retainers"
        ),
        _number(
            "nurses-wte",
            "How many practice nurses, in whole-time equivalents?",
            "Advanced nurse practitioners included",
        ),
        _number(
            "others-wte",
            "How many other clinical staff, in whole-time equivalents?",
            "Such as pharmacists, paramedics, physiotherapists and healthcare assistants",
        ),
        _number("reception-wte", "How many reception and administrative staff, in whole-time equivalents?"),
        _number(
            "vacancies-wte",
            "How many posts are vacant, in whole-time equivalents?",
            "Posts that long-term illness leaves empty included",
        ),
        _number("aged-55", "How many people who work here are aged 55 and over?", "Count people, not hours"),
        _yes(
            "recruiting-fails", "Was a clinical post advertised in the last year and not filled?", WORKFORCE
        ),
        _scale(
            "workforce-plan",
            "Is there a plan for the staff the practice will need in three years?",
            WORKFORCE,
            "No",
            "It was discussed",
            "It is written",
            "It is written and followed",
        ),
        _scale(
            "wellbeing",
            "How do people who work here feel about their workload?",
            WORKFORCE,
            "Most cannot go on like this",
            "Many struggle",
            "Most manage",
            "Most are content",
        ),
        _no("appraisal", "Did everyone have an appraisal in the last year?", MANAGEMENT),
    ),
)

FEEDBACK = SectionContent(
    "Patient feedback",
    key="patient-feedback",
    guidance="From the Friends and Family Test, the GP Patient Survey and your patient participation group.",
    questions=(
        _number(
            "fft-recommend",
            "Friends and Family Test: how many of 100 patients would recommend you?",
            "The last three months together",
        ),
        _number("gpps-phone", "GP Patient Survey: how many of 100 found it easy to get through by phone?"),
        _scale(
            "acting-on-feedback",
            "Does the practice change things because of what patients say?",
            ACCESS,
            "No",
            "Once or twice",
            "Often",
            "Always, and it tells patients what changed",
        ),
        _no(
            "participation-group",
            "Is there a patient participation group that met in the last six months?",
            ACCESS,
        ),
        QuestionContent(
            "What do patients say most often, good or bad?",
            Kind.TEXT,
            "patients-say",
            "Do not name patients",
        ),
    ),
)

WANTED = SectionContent(
    "What would help",
    key="what-would-help",
    guidance="Optional. It tells us what to arrange for many practices at once.",
    is_mandatory=False,
    questions=(
        QuestionContent(
            "Would the practice send people to training in HR, workforce planning or finance?",
            Kind.YES_NO,
            "wants-training",
            need=Need.YES,
            theme=MANAGEMENT,
            is_required=False,
        ),
        QuestionContent(
            "Would the practice plan social prescribing or support for self care with others?",
            Kind.YES_NO,
            "wants-prescribing",
            need=Need.YES,
            theme=TOGETHER,
            is_required=False,
        ),
        QuestionContent(
            "What one thing would help the practice most?",
            Kind.TEXT,
            "one-thing",
            is_required=False,
        ),
    ),
)

OURS = with_keys((OPERATIONAL, BUSINESS, WORKFORCE_SECTION, FEEDBACK, WANTED))
"""35 questions in five sections, four of them mandatory."""
