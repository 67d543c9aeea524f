import { testPlans } from "./families.ts";
import { crash } from "./planKinds.ts";

testPlans(crash);
