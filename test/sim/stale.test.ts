import { testPlans } from "./families.ts";
import { stale } from "./planKinds.ts";

testPlans(stale);
