"""What the demonstration's practices and officers write. All of it is made up."""

ISSUES = (
    "Two of our four partners retired this year and we have advertised three times without an applicant. "
    "Locum costs are eating our income. Patients wait over four weeks for a routine appointment, and our "
    "reception team takes the strain: three have left since spring.",
    "Our last CQC inspection rated us as requires improvement. We have an action plan but nobody with the time "
    "to carry it out: the practice manager left in August and the assistant manager is covering both posts.",
    "A neighbouring practice closed its list and 900 patients came to us in six months. We had no time to plan. "
    "Phones are busy all morning and complaints have doubled.",
    "We are single-handed. I have had two spells of illness this year, and there was nobody to cover. "
    "The list is stable but my nurse retires in March.",
    "The partners disagree about the future of the practice, and decisions have stalled. Staff feel it. "
    "We would like help to talk it through before more people leave.",
    "Our building is shared with another practice that wants to merge with us. We do not know how to start, "
    "and day-to-day work leaves no time to find out.",
)
WANTED = (
    "Help to recruit, and someone experienced to look at how we use the team we have.",
    "An interim practice manager for three months, and a diagnostic review of our systems.",
    "A review of how patients reach us by phone, and training for the reception team.",
    "Peer support for me, and advice about joining a larger group.",
    "A facilitator for the partners, and coaching for the one who leads.",
    "Change management support through a merger, for both practices.",
)
EVIDENCE = {
    "none": "Nothing on record suggests a concern.",
    "some": "Raised by the practice and seen in the published figures.",
    "high": "Confirmed by two sources in the last six months.",
    "unknown": "",
}
SCOPE = (
    "No evidence of need in the figures or in what other bodies tell us.",
    "Some pressure, but the practice is coping and nothing new is expected.",
    "The evidence suggests that support might be needed if the vacancy is not filled.",
    "Support is likely to be needed: the issues are specific and should pass within the year.",
    "Support is needed now: the circumstances are lasting and the list may have to close.",
)
IMPACT = (
    "Support would change little for the practice or its patients.",
    "It would ease one issue for the practice; patients would hardly notice.",
    "It would help staff and be felt by several groups of patients.",
    "It would make a significant difference to the practice and a moderate one to patients.",
    "It would keep services safe for every patient on the list and let staff stay.",
)
QUESTION = "Please tell us how many GP sessions are vacant now, and send the latest rota."
ANSWER = "Eleven sessions a week are vacant. Locums cover six. The rota changes weekly, so please ring me."
NOTE = "Spoke to the LMC: they are concerned too, and would support help for this practice."
OBJECTIVES = (
    ("stability", "Fill the practice manager post by the end of the quarter", "A manager in post"),
    ("working", "Answer 90% of calls within three minutes", "Weekly telephone report"),
    ("future", "Agree with the neighbouring practices how to share a pharmacist", "A signed agreement"),
)
EXIT = (
    "When support ends the practice keeps the new rota and the recruitment plan, the manager chairs a monthly "
    "review, and the locality lead looks in after three and six months."
)
