import { testPlans } from "./families.ts";
import { outage } from "./planKinds.ts";

testPlans(outage);
