import ArgumentParser
import SystemPackage
import VeloBuild
import VeloCLI
import VeloFarm
import VeloSystem

struct DoctorCommand: FarmCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor", abstract: "Say what this host lacks for building.",
        discussion:
            "Ends with status 1 when nothing can be built here; what is only worse than it could be is a warning.")

    @OptionGroup var farm: FarmOptions
    @OptionGroup var output: OutputOptions

    func run(in invocation: Invocation, _ console: Console) async throws {
        let configuration = try farm.configuration(invocation.environment)
        let examination = try await BlockingThread.run {
            HostExamination(
                program: try FileTree.realPath("/proc/self/exe"),
                externals: HostCommands.standard, scratch: configuration.folder.scratch)
        }
        for finding in examination.findings {
            let mark = finding.isFine ? "ok" : finding.weight == .needed ? "MISSING" : "warning"
            console.data("\(mark.padding(to: 8))\(finding.what.padding(to: 10))\(finding.seen)")
            if let remedy = finding.remedy { console.data("        try: \(remedy)") }
        }
        guard examination.canBuild else { throw EarlyExit(.failed) }
    }
}

extension String {
    fileprivate func padding(to width: Int) -> String {
        self + String(repeating: " ", count: max(1, width - count))
    }
}
