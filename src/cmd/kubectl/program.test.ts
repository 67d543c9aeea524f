import { expect, it } from "vitest";
import type { KubeObject } from "../../api/kubernetes.ts";
import { aSpec, aStatus } from "../../core/job/situation.fixture.ts";
import {
  holding,
  list,
  noObjects,
  type Outcome,
  pathOf,
  runCommand,
  runWith,
} from "./fakeKubectl.fixture.ts";
import { createProgram } from "./program.ts";

const condition = (type: string, reason: string, message: string) => ({
  type,
  status: "True",
  reason,
  message,
});

const application = (name: string, more: Partial<KubeObject> = {}): KubeObject => ({
  apiVersion: "flink.apache.org/v1beta1",
  kind: "FlinkDeployment",
  metadata: {
    name,
    namespace: "ns",
    uid: `uid-${name}`,
    generation: 1,
    creationTimestamp: "2026-01-01T21:00:00Z",
  },
  spec: aSpec,
  status: aStatus(aSpec, { conditions: [condition("Ready", "Running", "The job runs.")] as never }),
  ...more,
});

const failed = { reason: "JobFailed", message: "The job failed." };
const broken = application("broken", {
  status: aStatus(aSpec, {
    conditions: [
      { type: "Ready", status: "False", ...failed },
      { type: "Stalled", status: "True", ...failed },
    ] as never,
  }),
});

const sessionJob: KubeObject = {
  ...application("etl"),
  kind: "FlinkSessionJob",
  spec: { deploymentName: "cluster", job: { jarURI: "https://a/b.jar" } },
};

/** The one line that a user sees. */
const problem = ({ stderr, code }: Outcome): string => {
  expect(code).toBe(1);
  expect(stderr).toHaveLength(1);
  expect(stderr[0]).not.toContain("\n");
  return stderr[0] ?? "";
};

it("shows the fleet with two requests, trouble first", async () => {
  const { stdout, calls } = await runCommand(
    holding(application("a"), broken, sessionJob),
    "status",
    "-n",
    "ns",
  );
  expect(stdout.split("\n").map((line) => line.split(/\s{2,}/).slice(0, 4))).toEqual([
    ["NAME", "KIND", "HEALTH", "JOB"],
    ["broken", "FlinkDeployment", "Stalled", "RUNNING"],
    ["a", "FlinkDeployment", "Ready", "RUNNING"],
    ["etl", "FlinkSessionJob", "Ready", "RUNNING"],
    [""],
  ]);
  expect(calls).toHaveLength(2);
});

it("selects namespaces and labels as kubectl does", async () => {
  const { calls, stdout } = await runCommand(
    holding(application("a")),
    "status",
    "-A",
    "-l",
    "team=x",
    "-o",
    "wide",
  );
  expect(calls.map(({ args }) => args)).toContain(
    "get --raw /apis/flink.apache.org/v1beta1/flinkdeployments?labelSelector=team%3Dx",
  );
  expect(stdout).toMatch(/^NAMESPACE .* JOB ID/);
});

it("passes the context and the kubeconfig on", async () => {
  const { calls } = await runCommand(
    holding(),
    "status",
    "-n",
    "ns",
    "--context",
    "prod",
    "--kubeconfig",
    "/k",
  );
  expect(calls[0]?.args).toMatch(/^--context prod --kubeconfig \/k get --raw/);
});

it("shows one resource, in the namespace of the context", async () => {
  const { stdout, calls } = await runCommand(holding(application("a")), "status", "a");
  expect(stdout).toMatch(/^FlinkDeployment ns\/a\nHealth: +Ready \(Running\)\n/);
  expect(calls[0]?.args).toMatch(/^config view/);
});

it.each(["json", "yaml"])("prints the same as %s", async (format) => {
  const { stdout } = await runCommand(holding(application("a")), "status", "a", "-o", format);
  expect(stdout).toMatch(/"?health"?: "?Ready/);
});

it("finds a session job of the name, and one by its kind", async () => {
  for (const name of ["etl", "flinksessionjob/etl"])
    expect((await runCommand(holding(sessionJob), "status", name)).stdout).toMatch(
      /^FlinkSessionJob ns\/etl/,
    );
});

it("suggests a name, a kind and a command that are similar", async () => {
  const missing = await runCommand(holding(application("orders")), "status", "order");
  expect(problem(missing)).toMatch(/there is no .* order in the namespace ns; did you mean orders\?/);
  expect(problem(await runCommand(holding(), "status", "flinkdeploymnt/a"))).toMatch(
    /did you mean flinkdeployment\?/,
  );
  expect((await runCommand(holding(), "stauts")).stderr.join()).toContain("Did you mean status?");
});

it.each([
  ["You must be logged in to the server (Unauthorized)", /log in again/],
  [
    "The connection to the server 127.0.0.1:1 was refused - did you specify the right host or port?",
    /no cluster answers/,
  ],
  ["Unable to connect to the server: dial tcp: lookup x: no such host", /no cluster answers/],
  ['error: context "x" does not exist', /no such context: kubectl config get-contexts/],
  ["error: current-context must exist in order to minify", /no cluster is configured/],
  [
    'Error from server (Forbidden): flinkdeployments.flink.apache.org is forbidden: User "eve" cannot list',
    /not allowed.*User "eve"/,
  ],
  ["Error from server (NotFound): the server could not find the requested resource", /does not know Flink/],
])("says what to do when kubectl says: %s", async (stderr, advice) => {
  expect(problem(await runCommand([{ when: "", stderr }], "status", "-n", "ns"))).toMatch(advice);
});

it("says that kubectl is missing", async () => {
  const outcome = await runWith("/nowhere/kubectl", () => [], "status", "-n", "ns");
  expect(problem(outcome)).toMatch(/is not on the PATH: install it/);
});

it.each([
  ["suspend", { job: { state: "suspended" } }],
  ["restart", { restartNonce: 1 }],
])("%s edits the spec", async (command, spec) => {
  const answers = [{ when: "patch ", stdout: "" }, ...holding(application("a"))];
  const { calls, stdout } = await runCommand(answers, command, "a", "-n", "ns");
  expect(calls.at(-1)?.args).toBe(
    `patch flinkdeployments.flink.apache.org a -n ns --type=merge -p ${JSON.stringify({ spec })}`,
  );
  expect(stdout).toMatch(/^FlinkDeployment ns\/a: is to /);
});

const awaitingApproval = (more: Partial<KubeObject["metadata"]> = {}) =>
  application("a", {
    metadata: { ...application("a").metadata, generation: 2, ...more },
    status: {
      ...aStatus(aSpec),
      conditions: [condition("Reconciling", "WaitingForApproval", "The edit waits.")],
      pendingChange: {
        generation: 2,
        waitsFor: "Approval",
        effect: "restart",
        changes: ["spec.image"],
        steps: ["validate", "create cluster a"],
        restoresFrom: "s3://a",
        downtimeMs: 4_000,
      },
    },
  });

const approvedGeneration = "flink.apache.org/approved-generation";

it("approves the edit that waits, by its generation", async () => {
  const answers = [{ when: "patch ", stdout: "" }, ...holding(awaitingApproval())];
  const { calls, stdout } = await runCommand(answers, "approve", "a", "-n", "ns", "--generation", "2");
  const patch = { metadata: { annotations: { [approvedGeneration]: "2" } } };
  expect(calls.at(-1)?.args).toContain(`--type=merge -p ${JSON.stringify(patch)}`);
  expect(stdout).toBe("FlinkDeployment ns/a: generation 2 is approved\n");
});

it("approves nothing else", async () => {
  const approve = async (resource: KubeObject, ...args: string[]) => {
    const outcome = await runCommand(holding(resource), "approve", "a", "-n", "ns", ...args);
    expect(outcome.calls.some((call) => call.args.startsWith("patch"))).toBe(false);
    return outcome;
  };
  expect(problem(await approve(application("a")))).toBe("no edit of a waits for approval");
  expect(problem(await approve(awaitingApproval({ generation: 3 })))).toMatch(
    /has not looked at generation 3/,
  );
  expect(problem(await approve(awaitingApproval(), "--generation", "1"))).toMatch(
    /the edit that waits is generation 2, not 1/,
  );
  const approved = awaitingApproval({ annotations: { [approvedGeneration]: "2" } });
  expect((await approve(approved)).stderr).toEqual(["generation 2 is approved already"]);
});

it("shows the edit that waits, with what it will do", async () => {
  const { stdout } = await runCommand(holding(awaitingApproval()), "status", "a", "-n", "ns");
  expect(stdout).toMatch(/^Waits for: +approval, generation 2: restart \(spec.image\)$/m);
  expect(stdout).toMatch(/^Then: +validate; create cluster a$/m);
  expect(stdout).toMatch(/^Goes on from: +s3:\/\/a$/m);
  expect(stdout).toMatch(/^Downtime: +last time 4s$/m);
});

it("does not wait for an edit that waits for approval itself", async () => {
  const path = `${pathOf("flinkdeployments")}/a`;
  const answers = [
    { when: "patch ", stdout: "" },
    { when: path, stdout: application("a"), once: true as const },
    {
      when: path,
      stdout: {
        ...awaitingApproval(),
        status: {
          ...(awaitingApproval().status as object),
          conditions: [
            { type: "Ready", status: "False", reason: "WaitingForApproval", message: "The edit waits." },
          ],
        },
      },
    },
  ];
  expect(problem(await runCommand(answers, "restart", "a", "-n", "ns", "--wait"))).toBe("The edit waits.");
});

it("changes nothing that is so already", async () => {
  const { calls, stderr } = await runCommand(holding(application("a")), "resume", "a", "-n", "ns", "--wait");
  expect(stderr).toEqual(["it is to run already"]);
  expect(calls.some(({ args }) => args.startsWith("patch"))).toBe(false);
});

it("restarts no suspended job", async () => {
  const suspended = application("a", { spec: { ...aSpec, job: { ...aSpec.job, state: "suspended" } } });
  const { calls, stderr } = await runCommand(holding(suspended), "restart", "a", "-n", "ns", "--wait");
  expect(stderr).toEqual(["it is suspended, and nothing restarts: kubectl flink resume starts it"]);
  expect(calls.some(({ args }) => args.startsWith("patch"))).toBe(false);
});

it.each(["flinkdep/", "/", "flinkdep/a/b"])("refuses %j as a name", async (name) => {
  const outcome = await runCommand(holding(application("a")), "status", name, "-n", "ns");
  expect(problem(outcome)).toMatch(/names no resource: write NAME, or KIND\/NAME/);
});

it("waits until an edit is done, or says why it is not", async () => {
  const path = `${pathOf("flinkdeployments")}/a`;
  const observed = (status: unknown) => ({ ...(status as object), observedGeneration: 2 });
  const restart = (status: unknown) => {
    const metadata = { ...application("a").metadata, generation: 2 };
    const answers = [
      { when: "patch ", stdout: "" },
      { when: path, stdout: application("a"), once: true as const },
      { when: path, stdout: application("a", { metadata, status }) },
    ];
    return runCommand(answers, "restart", "a", "-n", "ns", "--wait");
  };
  expect((await restart(observed(application("a").status))).stdout).toMatch(/The job runs\.\n$/);
  expect((await restart(observed(broken.status))).stderr.at(-1)).toBe("The job failed.");
});

it("takes a savepoint and waits for its path", async () => {
  const created = { metadata: { name: "a-savepoint-x", namespace: "ns" } };
  const snapshot = { ...created, status: { state: "COMPLETED", path: "s3://b/sp" } };
  const answers = [
    { when: "create ", stdout: created },
    { when: `${pathOf("flinkstatesnapshots")}/`, stdout: snapshot },
    ...holding(application("a")),
  ];
  const { stdout, calls } = await runCommand(
    answers,
    "snapshot",
    "a",
    "-n",
    "ns",
    "--format",
    "NATIVE",
    "--wait",
  );
  expect(stdout).toBe("s3://b/sp\n");
  expect(JSON.parse(calls.find(({ args }) => args.startsWith("create"))?.input ?? "")).toMatchObject({
    kind: "FlinkStateSnapshot",
    spec: { jobReference: { kind: "FlinkDeployment", name: "a" }, savepoint: { formatType: "NATIVE" } },
  });
  const unsuccessful = { ...created, status: { state: "FAILED", error: "the disk is full" } };
  const outcome = await runCommand(
    answers.map((each) => (each.stdout === snapshot ? { ...each, stdout: unsuccessful } : each)),
    ...["snapshot", "a", "-n", "ns", "--checkpoint", "--wait"],
  );
  expect(outcome.stderr.at(-1)).toMatch(/is FAILED: the disk is full$/);
});

it("cancels only if the state may be given up", async () => {
  expect(problem(await runCommand(holding(application("a")), "cancel", "a"))).toMatch(/add --yes/);
  const answers = [{ when: "patch ", stdout: "" }, ...holding(application("a"))];
  const { calls, stdout } = await runCommand(answers, "cancel", "a", "--yes", "-n", "ns");
  expect(calls.at(-1)?.args).toContain('{"spec":{"job":{"state":"suspended","upgradeMode":"stateless"}}}');
  expect(stdout).toContain(
    `Its upgrade mode was ${aSpec.job?.upgradeMode} and is stateless from now on: set`,
  );
  const stateless = application("a", { spec: { ...aSpec, job: { ...aSpec.job, upgradeMode: "stateless" } } });
  const again = await runCommand(
    [{ when: "patch ", stdout: "" }, ...holding(stateless)],
    ...["cancel", "a", "--yes", "-n", "ns"],
  );
  expect(again.stdout).toBe("FlinkDeployment ns/a: is to be cancelled, without its state\n");
});

it("refuses what is for jobs only on a session cluster", async () => {
  const { job: _, ...spec } = aSpec;
  const restarted = await runCommand(
    [{ when: "patch ", stdout: "" }, ...holding(application("a", { spec }))],
    ...["restart", "a"],
  );
  expect(restarted.code).toBe(0);
  expect(problem(await runCommand(holding(application("a", { spec })), "suspend", "a"))).toMatch(
    /is a session cluster/,
  );
});

it("lists events, newest last, and snapshots of the resource only", async () => {
  const event = (reason: string, lastTimestamp: string) => ({
    metadata: { name: reason },
    type: "Warning",
    reason,
    message: "m",
    lastTimestamp,
  });
  const events = list(event("Later", "2026-01-01T23:00:00Z"), event("First", "2026-01-01T22:00:00Z"));
  const shown = await runCommand(
    [{ when: "/events?", stdout: events }, ...holding(application("a"))],
    ...["events", "a", "-n", "ns"],
  );
  expect(shown.stdout).toMatch(/First[\s\S]*Later/);
  const snapshot = (name: string, job: string) => ({
    metadata: { name },
    spec: { jobReference: { kind: "FlinkDeployment", name: job }, savepoint: {} },
    status: { state: "COMPLETED", path: `s3://${name}` },
  });
  const snapshots = list(snapshot("mine", "a"), snapshot("other", "b"));
  const found = await runCommand(
    [{ when: pathOf("flinkstatesnapshots"), stdout: snapshots }, ...holding(application("a"))],
    ...["snapshots", "a", "-n", "ns"],
  );
  expect(found.stdout).toContain("s3://mine");
  expect(found.stdout).not.toContain("s3://other");
});

it("compares the spec with what is deployed", async () => {
  const { stdout } = await runCommand(
    holding(application("a", { spec: { ...aSpec, image: "flink:9" } })),
    "diff",
    "a",
  );
  expect(stdout).toMatch(/spec\.image +flink:2\.3 +flink:9 +upgrade/);
  expect((await runCommand(holding(application("a")), "diff", "a")).stderr).toEqual([
    "it is deployed as the spec says",
  ]);
});

it("leaves logs and the web interface to kubectl", async () => {
  const answers = [
    { when: "logs ", stdout: "" },
    { when: "port-forward", stdout: "" },
    ...holding(sessionJob),
  ];
  const logs = await runCommand(answers, "logs", "etl", "-n", "ns", "-f", "--component", "taskmanager");
  expect(logs.calls.at(-1)?.args).toMatch(
    /^logs -n ns -l app=cluster,component=taskmanager .* --prefix .* -f$/,
  );
  const ui = await runCommand(answers, "ui", "etl", "-n", "ns", "--port", "9000");
  expect(ui.calls.at(-1)?.args).toBe("port-forward -n ns service/cluster-rest 9000:rest");
  expect(ui.stderr.join()).toContain("http://localhost:9000");
});

it("completes every command and option", async () => {
  const { stdout } = await runCommand([], "completion", "bash");
  const program = createProgram({} as never);
  for (const command of program.commands) expect(stdout).toContain(`    ${command.name()}) words=`);
  expect(stdout).toContain("--operator-config");
  expect(problem(await runCommand([], "completion", "tcsh"))).toMatch(/not for tcsh/);
});

it("explains what it sees, and what it may not see", async () => {
  const forbidden = { when: "/pods?", stderr: 'Error from server (Forbidden): User "eve" cannot list pods' };
  const { stdout } = await runCommand([forbidden, ...holding(application("a"))], "explain", "a", "-n", "ns");
  expect(stdout).toMatch(/^FlinkDeployment ns\/a is Running: The job runs\./);
  expect(stdout).toMatch(
    /Not known:[\s\S]*pods: you are not allowed to do this: User "eve" cannot list pods/,
  );
});

it.each([["explain"], ["status"]])("shows the last decision of the autoscaler: %s", async (command) => {
  const autoscaler = {
    time: "2026-01-01T21:59:00Z",
    outcome: "Scaled",
    message: "The parallelism is changed: 2 to 4.",
    vertices: [
      {
        id: "0a",
        name: "map",
        parallelism: 2,
        target: 4,
        outcome: "Scaled",
        chain: ["measured: x", "decided: 2 -> 4"],
      },
    ],
    moreVertices: 3,
  };
  const scaled = application("a", { status: { ...aStatus(aSpec), autoscaler } });
  const { stdout } = await runCommand(holding(scaled), command, "a", "-n", "ns");
  expect(stdout).toMatch(/Scaled since \w+: The parallelism is changed: 2 to 4\./);
  if (command === "status") return;
  expect(stdout).toMatch(
    /map \(0a\), 2 -> 4: Scaled\n +measured: x\n +decided: 2 -> 4\n +and 3 more vertices/,
  );
});

it.each([["status"], ["status", "a"], ["explain", "a"], ["events", "a"], ["snapshots", "a"]])(
  "shows the words of the cluster without its control characters and secrets: %s %s",
  async (...command) => {
    const hostile = "lost\u001b[2J\nForged: password=hunter2";
    const status = aStatus(aSpec, {
      error: JSON.stringify({ type: "a.B", message: hostile }),
      conditions: [{ type: "Ready", status: "False", reason: "R", message: hostile }] as never,
    });
    const snapshot = {
      metadata: { name: "mine" },
      spec: { jobReference: { kind: "FlinkDeployment", name: "a" }, savepoint: {} },
      status: { state: "FAILED", error: hostile },
    };
    const { stdout } = await runCommand(
      [
        { when: "/events?", stdout: list({ metadata: { name: "e" }, type: "Warning", message: hostile }) },
        { when: pathOf("flinkstatesnapshots"), stdout: list(snapshot) },
        ...holding(application("a", { status })),
      ],
      ...command,
      ...["-n", "ns"],
    );
    expect(stdout).toContain("lost\\u001b[2J Forged: password=******");
    expect(stdout).not.toContain("\u001b");
    expect(stdout).not.toContain("hunter2");
  },
);

it("shows what it may list, and names the rest", async () => {
  const stderr = 'Error from server (Forbidden): User "eve" cannot list resource "flinksessionjobs"';
  const hidden = { when: pathOf("flinksessionjobs"), stderr };
  const { stdout, stderr: told, code } = await runCommand([hidden, ...holding(broken)], "status", "-n", "ns");
  expect(stdout).toContain("broken");
  expect(told).toEqual([expect.stringMatching(/^not shown: .*cannot list resource "flinksessionjobs"/)]);
  expect(code).toBe(0);
  const nothing = await runCommand([hidden, ...noObjects], "status", "-n", "ns");
  expect(nothing.stderr.join()).not.toContain("no FlinkDeployment or FlinkSessionJob");
});

it("explains that a JobManager does not answer: that is a fact, and no missing right", async () => {
  const down = {
    when: "/proxy/",
    stderr: 'Error from server (ServiceUnavailable): no endpoints available for service "a-rest:rest"',
  };
  const deployment = { metadata: { name: "a", namespace: "ns", uid: "d" }, spec: { replicas: 1 } };
  const answers = [
    down,
    { when: "/apis/apps/v1/", stdout: list({ ...deployment, metadata: { ...deployment.metadata, labels } }) },
    { when: "/pods?", stdout: list({ metadata: { name: "a-x", namespace: "ns", labels }, status: ready }) },
    ...holding(application("a")),
  ];
  const { stdout } = await runCommand(answers, "explain", "a", "-n", "ns");
  expect(stdout).toContain("Its REST API does not answer: no endpoints available");
  expect(stdout).toContain("The JobManager's Deployment has 0 of 1 available.");
  expect(stdout).not.toContain("savepoint that it is stopped with");
});

const labels = { app: "a", component: "jobmanager", type: "flink-native-kubernetes" };
const ready = { podIP: "10.0.0.1", conditions: [{ type: "Ready", status: "True" }] };

it("shows nothing without resources", async () => {
  expect((await runCommand(noObjects, "status", "-n", "ns")).stderr).toEqual([
    "no FlinkDeployment or FlinkSessionJob in ns",
  ]);
});
