import { describe, expect, it } from "vitest";
import { errorTypes, formatStatusError } from "./statusError.ts";

describe("formatStatusError", () => {
  it("has the reference's form", () => {
    expect(
      formatStatusError({ type: errorTypes.missingJobManager, message: "Missing JobManager deployment" }),
    ).toBe(
      '{"type":"org.apache.flink.kubernetes.operator.exception.MissingJobManagerException",' +
        '"message":"Missing JobManager deployment","additionalMetadata":{},"throwableList":[]}',
    );
  });

  it("contains reason, code and the two nearest causes", () => {
    const causes = ["a", "b", "c"].map((name) => ({ type: `java.${name}`, message: name }));
    const reason = "ImagePullBackOff" as const;
    const error = { type: "T", message: "m", reason, httpResponseCode: 404, causes };
    expect(JSON.parse(formatStatusError(error))).toEqual({
      type: "T",
      message: "m",
      additionalMetadata: { httpResponseCode: 404, reason: "ImagePullBackOff" },
      throwableList: [
        { type: "java.a", message: "a", additionalMetadata: {} },
        { type: "java.b", message: "b", additionalMetadata: {} },
      ],
    });
  });

  it("keeps each field within the limit", () => {
    const { message, stackTrace } = JSON.parse(
      formatStatusError({ type: "T", message: "x".repeat(3_000), stackTrace: "y".repeat(3_000) }),
    );
    expect(message).toHaveLength(2_048);
    expect(stackTrace).toHaveLength(2_048);
  });

  it("masks secrets, and nothing else", () => {
    const message =
      "cannot fetch https://me:pw1@host/x?api_key=pw2 with password=pw3: invalid token: expired";
    expect(JSON.parse(formatStatusError({ type: "T", message })).message).toBe(
      "cannot fetch https://******@host/x?api_key=****** with password=****** invalid token: expired",
    );
  });
});
