"""One voucher and three tills: whichever asks first has it, the others are told who that is.

The till that has it keeps it through its retries. Were it to fail for good, the next one to ask
would have the voucher.
"""

from airflow.sdk import dag, task

from redis_xcom.errors import AlreadyClaimed
from redis_xcom.operators import claim_xcom


@dag(schedule=None)
def exclusive_xcom() -> None:
    @task
    def issue_voucher() -> dict:
        return {"code": "SPRING-7", "euros": 50}

    @task.exclusive(on_claimed="skip")
    def redeem(voucher: dict, till: int) -> str:
        return f"{voucher['euros']} euros paid at till {till}"

    @task(trigger_rule="none_failed")
    def audit() -> str:
        try:
            voucher = claim_xcom(task_ids="issue_voucher")
        except AlreadyClaimed as error:
            return f"redeemed by {error.owner}"
        return f"{voucher['code']} was never redeemed"

    redeem.partial(voucher=issue_voucher()).expand(till=[1, 2, 3]) >> audit()


exclusive_xcom()
