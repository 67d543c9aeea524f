import { testPlans } from "./families.ts";
import { rest } from "./planKinds.ts";

testPlans(rest);
