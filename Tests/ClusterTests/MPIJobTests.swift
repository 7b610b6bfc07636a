import Diagnostics
import Foundation
import Testing
import Yams

@testable import Cluster

/// Kubernetes' job files, by the rules of Kubeflow's MPI operator: its custom resource's fields (v2beta1, `types.go`, which the API server
/// enforces) and what its own validation asks for (`validation.go`); pods by Kubernetes' core/v1.
@Suite struct MPIJobTests {
    /// A field: what stands in it, and whether it must be there.
    private indirect enum Rule {
        case text(Regex<Substring>)
        case anyText
        case number(ClosedRange<Int>)
        case oneOf([String])
        case object([String: Rule], required: Set<String>)
        case list(Rule)
        /// Names to texts or numbers.
        case quantities
    }

    private static var label: Regex<Substring> { /[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?/ }

    private static var container: Rule {
        .object(
            [
                "name": .text(label), "image": .anyText, "workingDir": .anyText, "command": .list(.anyText),
                "args": .list(.anyText),
                "resources": .object(["limits": .quantities, "requests": .quantities], required: []),
                "volumeMounts": .list(.object(["name": .text(label), "mountPath": .anyText], required: ["name", "mountPath"])),
            ], required: ["name", "image"])
    }

    private static func replica(_ replicas: ClosedRange<Int>) -> Rule {
        let volume = Rule.object(
            [
                "name": .text(label), "emptyDir": .object(["medium": .oneOf(["Memory"])], required: []),
                "persistentVolumeClaim": .object(["claimName": .text(label)], required: ["claimName"]),
            ], required: ["name"])
        let pod = Rule.object(
            ["containers": .list(container), "volumes": .list(volume), "terminationGracePeriodSeconds": .number(0...86_400)],
            required: ["containers"])
        return .object(
            [
                "replicas": .number(replicas), "restartPolicy": .oneOf(["Never", "OnFailure"]),
                "template": .object(["spec": pod], required: ["spec"]),
            ], required: ["replicas", "restartPolicy", "template"])
    }

    private static var job: Rule {
        let policy = Rule.object(
            [
                "cleanPodPolicy": .oneOf(["None", "Running", "All"]), "activeDeadlineSeconds": .number(1...Int.max),
                "backoffLimit": .number(0...Int(Int32.max)), "schedulingPolicy": .object(["queue": .anyText], required: []),
            ], required: ["cleanPodPolicy"])
        let replicas = Rule.object(
            ["Launcher": replica(1...1), "Worker": replica(1...Int(Int32.max))], required: ["Launcher", "Worker"])
        let spec = Rule.object(
            [
                "slotsPerWorker": .number(1...Int(Int32.max)), "sshAuthMountPath": .anyText,
                "mpiImplementation": .oneOf(["OpenMPI", "Intel"]),
                "runPolicy": policy, "mpiReplicaSpecs": replicas,
            ], required: ["slotsPerWorker", "sshAuthMountPath", "runPolicy", "mpiReplicaSpecs"])
        return .object(
            [
                "apiVersion": .oneOf(["kubeflow.org/v2beta1"]), "kind": .oneOf(["MPIJob"]),
                "metadata": .object(["name": .text(label)], required: ["name"]), "spec": spec,
            ], required: ["apiVersion", "kind", "metadata", "spec"])
    }

    /// What is wrong, by its path.
    private static func faults(_ value: Any?, _ rule: Rule, at path: String) -> [String] {
        switch rule {
        case .anyText: value is String ? [] : ["\(path): no text"]
        case .text(let form): (value as? String)?.wholeMatch(of: form) == nil ? ["\(path): \(value ?? "nothing")"] : []
        case .number(let range): (value as? Int).map(range.contains) == true ? [] : ["\(path): \(value ?? "nothing")"]
        case .oneOf(let names): (value as? String).map(names.contains) == true ? [] : ["\(path): \(value ?? "nothing")"]
        case .quantities:
            (value as? [String: Any])?.allSatisfy {
                $0.value is Int || ($0.value as? String)?.wholeMatch(of: /\d+(?:m|Mi|Gi)?/) != nil
            } == true
                ? [] : ["\(path): \(value ?? "nothing")"]
        case .list(let element):
            (value as? [Any])?.enumerated().flatMap { faults($1, element, at: "\(path)[\($0)]") } ?? ["\(path): no list"]
        case .object(let fields, let required):
            if let object = value as? [String: Any] {
                Set(object.keys).subtracting(fields.keys).map { "\(path).\($0) is unknown" }
                    + required.subtracting(object.keys).map { "\(path).\($0) is missing" }
                    + fields.filter { object[$0.key] != nil }.flatMap { faults(object[$0.key], $0.value, at: "\(path).\($0.key)") }
            } else {
                ["\(path): no object"]
            }
        }
    }

    private static func jobs(_ change: (inout JobRequest) throws -> Void) throws -> [[String: Any]] {
        let text = try JobFileTests.request(.kubernetes, change).file()
        return try Yams.load_all(yaml: text).map { try #require($0 as? [String: Any]) }
    }

    @Test func jobsKeepToTheRules() throws {
        for isPreemptable in [false, true] {
            for sweep in [nil, "seed=1,2,3"] {
                let jobs = try Self.jobs {
                    ($0.isPreemptable, $0.partition) = (isPreemptable, "long")
                    $0.sweep = try sweep.map(JobRequest.Sweep.init(parsing:))
                    $0.data = "it's: {odd} # data"
                }
                #expect(jobs.count == (sweep == nil ? 1 : 3))
                for job in jobs {
                    #expect(Self.faults(job, Self.job, at: "job").isEmpty, "\(Self.faults(job, Self.job, at: "job"))")
                }
            }
        }
    }

    /// The rules do find what is wrong.
    @Test func theRulesBite() throws {
        var job = try Self.jobs { _ in }[0]
        job["spce"] = [String: Any]()
        var spec = try #require(job["spec"] as? [String: Any])
        spec["slotsPerWorker"] = 0
        spec["runPolicy"] = [String: Any]()
        job["spec"] = spec
        #expect(
            Set(Self.faults(job, Self.job, at: "job"))
                == ["job.spce is unknown", "job.spec.slotsPerWorker: 0", "job.spec.runPolicy.cleanPodPolicy is missing"])
    }

    /// The launcher's script is bash, names this job's own value and directory, and asks for as many ranks as the workers take.
    @Test func launchersRunTheirOwnValue() throws {
        let jobs = try Self.jobs {
            $0.sweep = try .init(parsing: "seed=1,2")
            $0.isPreemptable = true
        }
        for (index, job) in jobs.enumerated() {
            let spec = try #require(job["spec"] as? [String: Any])
            let replicas = try #require(spec["mpiReplicaSpecs"] as? [String: [String: Any]])
            let template = try #require(replicas["Launcher"]?["template"] as? [String: [String: Any]])
            let container = try #require((template["spec"]?["containers"] as? [[String: Any]])?.first)
            #expect(container["command"] as? [String] == ["bash", "-euo", "pipefail", "-c"])
            let script = try #require((container["args"] as? [String])?.first)
            #expect(
                script.contains("run=runs/lenet5-cifar10-\(index)\n") && script.contains("\"${values[\(index)]}\""), "\(script)")
            #expect(
                script.contains("-np 8 ") && spec["slotsPerWorker"] as? Int == 4 && replicas["Worker"]?["replicas"] as? Int == 2)
            #expect(script.contains("--checkpoint-every 10m"))
        }
    }

    @Test func podsHaveShortNames() throws {
        let request = try JobFileTests.request(.kubernetes) { $0.recipe = String(repeating: "a", count: 80) }
        #expect("\(request.name)-\(JobRequest.Sweep.mostValues - 1)-worker-99999".count <= 63)
        let values = (0...JobRequest.Sweep.mostValues).map(String.init).joined(separator: ",")
        #expect(throws: Failure.self) { _ = try JobRequest.Sweep(parsing: "seed=\(values)") }
    }
}
