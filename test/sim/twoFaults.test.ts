import { testPlans } from "./families.ts";
import { twoFaults } from "./planKinds.ts";

testPlans(twoFaults);
