/** The words as the server has them: what a page hands to its scripts. */

import { readFileSync } from "node:fs";

import { learnWords } from "../../static/js/shared/words.js";

learnWords(JSON.parse(readFileSync(new URL("../../words.json", import.meta.url))));
