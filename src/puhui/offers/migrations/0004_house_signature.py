"""Every quote carries the house's signature; those issued before are signed here, over what their rows say."""

import json
from typing import Any

from django.db import migrations, models

from puhui.offers.domain.signed_text import signed_text
from puhui.runtime.schema import lifted
from puhui.runtime.signing import sign_bytes


def sign_earlier(apps: Any, editor: Any) -> None:
    quotes = apps.get_model("offers", "QuoteRow").objects
    decisions = apps.get_model("decisions", "DecisionRow").objects
    for row in quotes.filter(house_signature=None).iterator():
        policy = decisions.values_list("policy_sha256", flat=True).get(id=row.decision_id)
        signature = sign_bytes(signed_text(json.loads(row.body), policy_sha256=policy))
        quotes.filter(id=row.id).update(policy_sha256=policy, house_signature=signature)


class Migration(migrations.Migration):

    dependencies = [
        ('offers', '0003_commitments'),
        ('decisions', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='quoterow',
            name='policy_sha256',
            field=models.CharField(max_length=64, null=True),
        ),
        migrations.AddField(
            model_name='quoterow',
            name='house_signature',
            field=models.CharField(max_length=160, null=True),
        ),
        migrations.RunPython(lifted('offers_quote', sign_earlier), migrations.RunPython.noop),
    ]
