"""Relief measured: from a stated budget to the cards, over the shipped grid, with the loan's plans worked out ahead as the
product does while she types; and what working them out takes. CPU time of one process; prints one JSON object.
"""

from __future__ import annotations

import json
import time
from random import Random

from puhui.lab.properties.relief_cases import make_household, make_loan, shipped
from puhui.relief.domain import plans_of, solve_relief
from puhui.relief.domain.codec import plans_from_text, plans_to_text

LOANS, HOUSEHOLDS, SEED = 4, 50, 20261122


def measure() -> dict[str, float]:
    """This function will measure LOANS × HOUSEHOLDS answers and return the slowest in a hundred, in milliseconds."""
    random, policy = Random(SEED), shipped()
    answers, ahead, most = [], [], 0
    for _ in range(LOANS):
        loan = make_loan(random)
        begun = time.process_time()
        plans = plans_of(loan, policy.grid)
        ahead.append(time.process_time() - begun)
        most = max(most, len(plans))
        kept = plans_to_text(plans)
        for _ in range(HOUSEHOLDS):
            home = make_household(random, loan.now.rows[0].payment_minor)
            begun = time.process_time()
            read = plans_from_text(kept, loan)
            assert read is not None
            solve_relief(
                loan=loan, plans=read, budget=home, scenarios=policy.scenarios_of("job"), policy=policy, pool_minor=10**7,
                every=False,
            )  # fmt: skip
            answers.append(time.process_time() - begun)
    answers.sort()
    return {
        "relief_options_p50_ms": answers[len(answers) // 2] * 1e3,
        "relief_options_p99_ms": answers[len(answers) * 99 // 100] * 1e3,
        "relief_plans_ahead_ms": max(ahead) * 1e3,
        "relief_plans": most,
    }


if __name__ == "__main__":
    print(json.dumps(measure()))
