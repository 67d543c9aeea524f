import { testPlans } from "./families.ts";
import { lag } from "./planKinds.ts";

testPlans(lag);
