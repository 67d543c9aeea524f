import type { Situation } from "../model/situation.ts";

/** Whether there may be ConfigMaps of high availability: the deployed or the next spec has it, or they are seen. */
export const mayHaveHaMetadata = ({
  settings,
  nextSettings,
  facts,
}: Pick<Situation, "settings" | "nextSettings" | "facts">): boolean =>
  settings.highAvailability || nextSettings.highAvailability || facts.haConfigMaps.length > 0;
