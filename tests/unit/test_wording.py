"""Pages and review comments speak of reporting, never of risk, incidence or cause."""

import ast
from pathlib import Path

import pytest

from pvsignal import report
from pvsignal.signals.wording import refusals, text_of_template

REPORT = Path(report.__file__).parent

BAD = [
    "Fingolimod increases the risk of basal cell carcinoma.",
    "The relative risk was 2.1.",
    "Patients at risk should be screened.",
    "The incidence of melanoma is higher under S1P modulators.",
    "The event rate doubled after 2015.",
    "The rate of breast cancer is 3 per 1,000.",
    "The reporting rate of lymphoma rose.",
    "The tumour was caused by the drug.",
    "The drug causes lymphoma.",
    "A causal link is established.",
    "Causality is probable.",
    "Drug-induced melanoma is confirmed.",
    "The cancer is due to immunosuppression.",
    "Treatment leads to skin cancer.",
    "Exposure results in lymphoma.",
    "It triggered a melanoma.",
    "The substance is carcinogenic.",
    "Interferon is protective against breast cancer.",
    "Natalizumab protects from colorectal cancer.",
    "The hazard was 1.4.",
    "Patients are more likely to develop lymphoma.",
    "The drug is safe.",
    "This therapy is safer than fingolimod.",
    "The drug is harmful.",
    "There is no duplicate; the risk of melanoma is doubled.",
    "Nothing was left out, but the drug caused it.",
    "The prevalence is high.",
    "The probability of getting cancer rose.",
    "Fingolimod is responsible for the tumours.",
    "The drug makes cancer more likely.",
    "Under the drug the cancer rate is higher.",
    "People on the drug get cancer twice as often.",
    "Patients develop skin cancer three times as often.",
    "Fingolimod doubles cancer.",
    "It is a safe drug.",
]

# A denial stands in front of the word, and does not deny it.
AFFIRMED = [
    "There is no doubt that the drug causes melanoma.",
    "No reasonable doubt remains that the drug causes melanoma.",
    "Without question natalizumab causes lymphoma.",
    "Without any doubt the drug causes lymphoma.",
    "There is no question that it leads to cancer.",
    "The drug not only raises the risk of melanoma, it kills.",
    "The drug does not just raise the risk of melanoma.",
    "This is not merely a risk.",
    "No other drug causes so much cancer.",
    "No drug causes more cancer.",
    "Nothing else causes these tumours.",
    "Use is not without risk.",
    "It is not surprising that the drug causes lymphoma.",
    "The drug, not the disease, causes melanoma.",
    "Without treatment, the risk is lower.",
    "No duplicate was found, and the drug causes melanoma.",
    "No duplicate was found and it causes melanoma.",
    "It was not withdrawn although it causes cancer.",
    "We cannot exclude a causal link.",
    "The drug never fails to cause cancer.",
    "It can't be ruled out that the drug causes cancer.",
    "The drug makes\ncancer more likely.",
]

DENIED = [
    "This doesn't show a risk.",
    "It is no measure of the incidence, the strength or the cause.",
    "A flag says nothing about a risk, the incidence and the cause.",
    "Without a denominator, no risk can be computed.",
    "It is a screen without inference on causality or incidence.",
    "The drug was never shown to cause cancer.",
    "A ratio is not, as some say, a cause.",
    "This is reporting, not risk, incidence or cause.",
    "Reports cannot tell that the drug, and not the disease, caused it.",
    "No doubt there are duplicates, and no risk can be read from this.",
    "A difference is not only no cause, it is not even stable.",
]

GOOD = [
    "There is a signal of disproportionate reporting in A and B.",
    "Basal cell carcinoma is reported 3.2 times as often as expected.",
    "Reported less than expected.",
    "A ratio is not a risk, not an incidence and not a cause.",
    "Reports cannot say whether the drug caused the event.",
    "No incidence can be computed: the number of people treated is unknown.",
    "This is no measure of risk, incidence or cause.",
    "A ratio below 1 is never evidence of a protective effect.",
    "Closed: all five cases come from one literature article.",
    "Because these reports were litigated they leave all four cells.",
    "The reporter is a physician; the event is fatal.",
    "Monitored until the next quarter, no new case came in.",
    "The event preceded the first dose.",
    "Escalated: three professional reports from three countries.",
    "An incident neoplasm is one that is not the reason for a drug.",
    "The label names the event since 2015.",
    "See the risk management plan of the EMA.",
    "The flag hangs on one sender without whom the lower limit is below 1.",
    "First crossing 2014q3, held.",
    "Neither comparator can judge the pair.",
]


# What reviewers write when they decide on a signal.
BAD_COMMENTS = [
    "Validated: BCC risk is well known for S1P modulators.",
    "Escalate, the drug clearly causes this.",
    "Closed. Causality assessed as unlikely.",
    "Monitor: possible causal association.",
    "Immunosuppression-induced lymphoma, escalated.",
    "Incidence in MS patients is similar, close.",
    "Refuted, the therapy is protective in this group.",
    "Close: background rate of breast cancer explains the cases.",
    "Melanoma secondary to fingolimod in three narratives.",
    "Closed because the medicine is safe.",
    "No signal; attributable to age.",
    "Escalated, as treatment may lead to secondary cancers.",
    "Reporting rate went up after the DHPC.",
    "Probably due to screening.",
    "Benefit-risk remains favourable.",
    "Patients on this drug are at higher risk, six cases.",
    "No duplicate was found, so the drug is harmful.",
]

GOOD_COMMENTS = [
    "Closed: four of five cases come from one sender and share one literature article.",
    "Monitor: two further professional reports since 2023q4, B cannot judge.",
    "Escalated to the signal committee; lower limit above 1 in A, B and C.",
    "Validated: nine cases, six countries, none suspected as a duplicate.",
    "Refuted: the neoplasm is the reason for the drug in all three cases.",
    "Label names basal cell carcinoma since December 2015, closed as known.",
    "Onset within 30 days in five of six cases, monitor.",
    "Half of the cases came in after the letter of 2020, wait for two quarters.",
    "Reported 2.4 times as often as expected among people with MS.",
    "Not reported more often than expected once age and sex are taken into account.",
    "Benign naevi are reported more often as well, which speaks for closer looking.",
    "Hinges on interferon beta-1a alone in comparator C.",
    "Narratives requested from the holder of the authorisation.",
    "Prior treatment with cyclophosphamide in two of four cases.",
    "Closed; the reports do not show what caused the event.",
    "We cannot say anything on risk from these reports.",
    "See risk minimisation measures of the EMA.",
    "Secondary progressive MS in all four, older than the rest.",
    "Follow-up in 2025q1; the case from Norway was nullified.",
]


@pytest.mark.parametrize("sentence", BAD + AFFIRMED + BAD_COMMENTS)
def test_a_claim_is_refused_with_what_to_say_instead(sentence: str) -> None:
    found = refusals(sentence)
    assert found
    assert all(str(x).startswith("“") and "say '" in str(x) for x in found)


@pytest.mark.parametrize("sentence", GOOD + DENIED + GOOD_COMMENTS)
def test_reporting_words_and_denials_pass(sentence: str) -> None:
    assert refusals(sentence) == ()


def test_only_words_of_a_template_are_read() -> None:
    source = "<p class='risk'>{{ risk(row) }} A {# risk #}<b>risk</b> of x</p><p>B</p>"
    assert [x.word for x in refusals(text_of_template(source))] == ["risk"]


@pytest.mark.parametrize(
    "template", sorted((REPORT / "templates").glob("*.j2")), ids=lambda x: x.name
)
def test_the_templates_make_no_claim(template: Path) -> None:
    text = text_of_template(template.read_text("utf-8"))
    assert len(text.split()) > 20
    assert [str(x) for x in refusals(text)] == []


@pytest.mark.parametrize("module", sorted(REPORT.glob("*.py")), ids=lambda x: x.name)
def test_the_sentences_that_python_writes_make_no_claim(module: Path) -> None:
    tree = ast.parse(module.read_text("utf-8"))
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef)
    docs = {
        ast.get_docstring(x, clean=False)
        for x in ast.walk(tree)
        if isinstance(x, documented)
    }
    texts = [
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and node.value not in docs
    ]
    assert [str(x) for text in texts for x in refusals(text)] == []
