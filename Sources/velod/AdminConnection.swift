import ArgumentParser
import VeloCLI
import VeloCore
import VeloFarm
import VeloSystem

/// Has an order carried out: by the server of the data folder when one runs, else on the folder itself.
enum AdminConnection {
    static func carryOut(_ order: AdminOrder, _ configuration: FarmConfiguration) async throws -> AdminReport {
        if let server = configuration.folder.runningServer() {
            return try await FarmConnection(server).post("/farm/v1/admin/orders", order)
        }
        let lock = try configuration.folder.lock()
        let report = try await FarmAdministration.carryOut(
            order, configuration, reading: FormulaReading(platform: configuration.platform))
        lock.release()
        return report
    }
}

/// A command that is one order.
protocol AdminCommand: FarmCommand {
    var farm: FarmOptions { get }
    func order(_ invocation: Invocation) throws -> AdminOrder
    var asksForJSON: Bool { get }
}

extension AdminCommand {
    var asksForJSON: Bool { false }

    func run(in invocation: Invocation, _ console: Console) async throws {
        let report = try await AdminConnection.carryOut(
            order(invocation), farm.configuration(invocation.environment))
        if asksForJSON, let json = report.json {
            console.data(json)
        } else {
            for line in report.lines { console.data(line) }
        }
        for problem in report.problems { console.warn(problem) }
        if !report.problems.isEmpty { throw EarlyExit(.failed) }
    }
}
