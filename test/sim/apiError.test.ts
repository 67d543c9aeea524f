import { testPlans } from "./families.ts";
import { apiError } from "./planKinds.ts";

testPlans(apiError);
