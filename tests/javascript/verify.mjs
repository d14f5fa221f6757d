// Verifies a webhook as a receiver in JavaScript would: reads {secret, headers, body} from standard input.
import { readFileSync } from "node:fs";
import { Webhook } from "standardwebhooks";

const { secret, headers, body } = JSON.parse(readFileSync(0, "utf8"));
try {
  console.log(JSON.stringify(new Webhook(secret).verify(body, headers)));
} catch (error) {
  console.log(`refused: ${error.message}`);
  process.exit(1);
}
