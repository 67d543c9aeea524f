import { testPlans } from "./families.ts";
import { unobserved } from "./planKinds.ts";

testPlans(unobserved);
