import { testPlans } from "./families.ts";
import { late } from "./planKinds.ts";

testPlans(late);
