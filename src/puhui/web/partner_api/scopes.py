"""The scopes of the partner API: one for each kind of act, in the words that a partner and its customer read.

Pure text, for the settings name them too.
"""

from __future__ import annotations

SCOPES: dict[str, str] = {
    "customers:read": "Read customers you introduced, and their consents",
    "customers:write": "Introduce customers, record consents and identity",
    "applications:read": "Read applications, decisions and the line",
    "applications:write": "Type and send applications",
    "quotes:read": "Read products and quotes, and look what a draw would cost",
    "quotes:write": "Ask for binding quotes",
    "proofs:read": "Read proofs, and what each would be worth",
    "proofs:write": "Give proofs and take them back",
    "contracts:sign": "Sign with the customer's one-time code",
    "accounts:read": "Read bank accounts and mandates",
    "accounts:write": "Bind bank accounts, agree and withdraw mandates",
    "loans:read": "Read loans, positions, schedules, events and repayments",
    "repayments:write": "Start repayments",
    "documents:read": "Read contracts as they were signed",
    "cases:read": "Read complaints, questions and requests for help",
    "cases:write": "Open complaints, questions and requests for help",
    "webhooks:read": "Read webhook endpoints and deliveries",
    "webhooks:write": "Manage webhook endpoints and send deliveries again",
}
SCOPES_ZH: dict[str, str] = {
    "customers:read": "查看您引入的客户及其同意",
    "customers:write": "引入客户，登记同意与身份",
    "applications:read": "查看申请、审批结果与额度",
    "applications:write": "填写并提交申请",
    "quotes:read": "查看产品与报价，试算用款成本",
    "quotes:write": "出具有约束力的报价",
    "proofs:read": "查看证明及每种证明的价值",
    "proofs:write": "给出与撤回证明",
    "contracts:sign": "凭客户的一次性验证码签署",
    "accounts:read": "查看银行账户与自动还款授权",
    "accounts:write": "绑定银行账户，开通与关闭自动还款",
    "loans:read": "查看贷款、状况、计划、事件与还款",
    "repayments:write": "发起还款",
    "documents:read": "读取签署时的合同",
    "cases:read": "查看投诉、提问与求助",
    "cases:write": "提交投诉、提问与求助",
    "webhooks:read": "查看回调地址与投递记录",
    "webhooks:write": "管理回调地址，重新投递",
}
