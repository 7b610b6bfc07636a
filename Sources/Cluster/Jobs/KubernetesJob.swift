import Diagnostics

/// An MPIJob of Kubeflow's MPI operator, version v2beta1: workers that wait as ssh servers, and a launcher that runs mpirun; a sweep is a job
/// for each value.
struct KubernetesJob {
    private let request: JobRequest

    init(_ request: JobRequest) { self.request = request }

    var text: String {
        let jobs = request.sweep.map { $0.values.indices.map { job(ofValue: $0) } } ?? [job(ofValue: nil)]
        return (head + [jobs.map { $0.joined(separator: "\n") }.joined(separator: "\n---\n")]).joined(separator: "\n") + "\n"
    }

    private var head: [String] {
        request.heading(one: "an MPIJob", several: "MPIJobs") + [
            "# Submit it by kubectl apply -f, where Kubeflow's MPI operator runs. The image holds lockstep in its PATH, Open MPI and sshd; the claim",
            "# 'lockstep', a volume that many nodes may write, is the folder that paths are relative to.",
        ]
    }

    private func job(ofValue index: Int?) -> [String] {
        let name = index.map { "\(request.name)-\($0)" } ?? request.name
        return [
            "apiVersion: kubeflow.org/v2beta1",
            "kind: MPIJob",
            "metadata:",
            "  name: \(name)",
            "spec:",
            "  slotsPerWorker: \(request.ranksPerNode)",
            "  sshAuthMountPath: /root/.ssh",
            "  mpiImplementation: OpenMPI",
            "  runPolicy:",
            "    cleanPodPolicy: Running",
            "    activeDeadlineSeconds: \(request.time.seconds)",
            "    # Each new start of the launcher goes on from the newest checkpoint.",
            "    backoffLimit: \(request.isPreemptable ? 100 : 3)",
        ] + (request.partition.map { ["    schedulingPolicy:", "      queue: \"\($0)\""] } ?? []) + [
            "  mpiReplicaSpecs:",
            "    Launcher:",
            "      replicas: 1",
            "      restartPolicy: OnFailure",
            "      template:",
            "        spec:",
            "          terminationGracePeriodSeconds: \(request.time.notice)",
        ] + container("launcher", launcherCommand(name, index), cores: 1, memory: "1Gi") + [
            "    Worker:",
            "      replicas: \(request.nodes)",
            "      restartPolicy: OnFailure",
            "      template:",
            "        spec:",
        ]
            + container(
                "worker", ["            command: [/usr/sbin/sshd, -De]"], cores: request.ranksPerNode,
                memory: "\(2 * request.ranksPerNode)Gi")
    }

    private func container(_ name: String, _ command: [String], cores: Int, memory: String) -> [String] {
        [
            "          containers:",
            "          - name: \(name)",
            "            image: \"\(request.image ?? "")\"",
            "            workingDir: /work",
        ] + command + [
            "            resources:",
            "              limits: {cpu: \(cores), memory: \(memory)}",
            "            volumeMounts:",
            "            - {name: work, mountPath: /work}",
            "            - {name: shared-memory, mountPath: /dev/shm}",
            "          volumes:",
            "          - name: work",
            "            persistentVolumeClaim: {claimName: lockstep}",
            "          # A node's ranks keep their gradients here; a container has 64 MB of it by default.",
            "          - name: shared-memory",
            "            emptyDir: {medium: Memory}",
        ]
    }

    private func launcherCommand(_ name: String, _ index: Int?) -> [String] {
        let script = JobScript(
            request: request, run: "runs/\(name)",
            // The operator tells mpirun hosts and slots by OMPI_MCA_orte_default_hostfile.
            starter: "mpirun --allow-run-as-root -np \(request.ranks) --bind-to core -x OPENBLAS_NUM_THREADS -x OMP_NUM_THREADS",
            hosts: ["hosts=/etc/mpi/hostfile"], index: index.map(String.init),
            asking: [
                "Kubernetes sends SIGTERM to this shell before it takes the launcher away, and waits \(request.time.notice) s."
            ],
            traps: ["trap 'kill -USR1 \"$ranks\"' TERM"], again: [])
        return [
            "            command: [bash, -euo, pipefail, -c]",
            "            args:",
            "            - |",
        ] + script.lines.map { $0.isEmpty ? "" : "              \($0)" }
    }
}
