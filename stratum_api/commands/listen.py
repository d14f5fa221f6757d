"""`stratum webhooks listen`: a receiver on this machine, to see what comes and to try what happens when it answers otherwise."""

from typing import TYPE_CHECKING

import rich_click as click

from stratum_api.commands.speaking import CommandFailed, show_json

if TYPE_CHECKING:
    from stratum_api.local_receiver import Received


@click.command(name="listen")
@click.option(
    "--secret",
    prompt="Secret of the webhook",
    hide_input=True,
    help="The secret, whsec_…; asked for where it is not given.",
)
@click.option(
    "--port",
    default=9000,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port on 127.0.0.1; 0 is any that is free.",
)
@click.option(
    "--status",
    default=200,
    show_default=True,
    type=click.IntRange(200, 599),
    help="Status that answers what is genuine.",
)
@click.option(
    "--delay", default=0.0, show_default=True, type=click.FloatRange(0, 60), help="Seconds before the answer."
)
@click.option("--retry-after", type=click.IntRange(0, 86_400), help="Seconds that the answer asks to wait.")
@click.option("--count", type=click.IntRange(1), help="End after so many deliveries.")
@click.option("--json", "as_json", is_flag=True, help="Print whole deliveries as JSON.")
def listen(
    secret: str,
    port: int,
    status: int,
    delay: float,
    retry_after: int | None,
    count: int | None,
    as_json: bool,
) -> None:
    """Receive webhooks on 127.0.0.1, verify them with their secret, and print them, until stopped."""
    import threading

    from stratum_api.client import WebhookInvalid
    from stratum_api.local_receiver import Answering, LocalReceiver

    telling, enough, left = threading.Lock(), threading.Event(), count

    def tell(one: "Received") -> None:
        nonlocal left
        with telling:
            show_received(one, as_json)
            if left is not None:
                left -= 1
                if left <= 0:
                    enough.set()

    try:
        receiver = LocalReceiver(secret, tell, port=port, answering=Answering(status, delay, retry_after))
    except WebhookInvalid as error:
        raise CommandFailed(str(error)) from error
    except OSError as error:
        raise CommandFailed(
            f"Port {port} cannot be listened on: {error.strerror}. Name another with --port."
        ) from error
    click.echo(f"Listening on {receiver.url} (Ctrl+C ends it)", err=True)
    serving = threading.Thread(target=receiver.serve)
    serving.start()
    try:
        enough.wait()
    except KeyboardInterrupt:
        click.echo("", err=True)
    finally:
        receiver.stop()
        serving.join()


def show_received(one: "Received", as_json: bool) -> None:
    """Print a delivery: a line, or all of it."""
    if as_json:
        show_json(vars(one))
        return
    at = one.received_at.strftime("%H:%M:%S")
    if one.refusal:
        click.echo(f"{at}  refused: {one.refusal} -> {one.status}")
        return
    kind = one.content.get("type", "?") if isinstance(one.content, dict) else "?"
    again = "  (came before)" if one.is_repeated else ""
    click.echo(f"{at}  {kind}  {one.webhook_id}  verified -> {one.status}{again}")
