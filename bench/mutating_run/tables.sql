-- One row a loan and one an instalment, changed in place every night. Amounts are minor units.
CREATE TABLE loan (
    id bigint PRIMARY KEY,
    rate_ppm bigint NOT NULL,
    lent_minor bigint NOT NULL,
    run_to date NOT NULL,
    outstanding_minor bigint NOT NULL,
    paid_principal_minor bigint NOT NULL,
    accrued_minor bigint NOT NULL,
    late_minor bigint NOT NULL,
    dpd_days integer NOT NULL,
    payoff_minor bigint NOT NULL,
    credit_minor bigint NOT NULL
);
CREATE INDEX loan_waiting ON loan (run_to, id);
CREATE TABLE instalment (
    loan_id bigint NOT NULL REFERENCES loan,
    number integer NOT NULL,
    start_date date NOT NULL,
    due_date date NOT NULL,
    principal_minor bigint NOT NULL,
    interest_minor bigint NOT NULL,
    paid_principal_minor bigint NOT NULL DEFAULT 0,
    paid_interest_minor bigint NOT NULL DEFAULT 0,
    is_open boolean NOT NULL DEFAULT true,
    PRIMARY KEY (loan_id, number)
);
CREATE INDEX instalment_open ON instalment (loan_id, number) WHERE is_open;
CREATE TABLE payment (
    id bigint PRIMARY KEY,
    loan_id bigint NOT NULL REFERENCES loan,
    value_date date NOT NULL,
    amount_minor bigint NOT NULL,
    is_settled boolean NOT NULL DEFAULT false
);
CREATE INDEX payment_waiting ON payment (loan_id, value_date) WHERE NOT is_settled;
CREATE TABLE accrual (
    loan_id bigint NOT NULL REFERENCES loan,
    business_date date NOT NULL,
    amount_minor bigint NOT NULL,
    PRIMARY KEY (loan_id, business_date)
);
