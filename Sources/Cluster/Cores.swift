import Foundation

/// The cores of this host.
enum Cores {
    /// Physical ones, as Open MPI counts its slots; hardware threads where the system does not tell which of them share a core.
    static var physical: Int {
        let folder = "/sys/devices/system/cpu"
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let cores = Set(
            names.compactMap { name -> String? in
                func read(_ file: String) -> String? {
                    try? String(contentsOfFile: "\(folder)/\(name)/topology/\(file)", encoding: .utf8)
                }
                guard name.hasPrefix("cpu"), let core = read("core_id"), let package = read("physical_package_id") else {
                    return nil
                }
                return package + core
            })
        return cores.isEmpty
            ? ProcessInfo.processInfo.activeProcessorCount : min(cores.count, ProcessInfo.processInfo.activeProcessorCount)
    }
}
