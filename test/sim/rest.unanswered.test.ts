import { testPlans } from "./families.ts";
import { rest, restWith } from "./planKinds.ts";

testPlans(rest, restWith("refused", "silent"));
