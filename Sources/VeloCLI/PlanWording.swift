import VeloCore

/// A plan, its results and its sum, in a line each.
enum PlanWording {
    /// `install 2 packages (1.3 MB): libogg 1.3.5, flac 1.4.2; build 1 first: flac; 1 there already`
    static func summary(of plan: InstallPlan) -> String {
        let steps = plan.toPour
        guard !steps.isEmpty else {
            let kept = plan.steps.filter(\.isRequested).map { "`\($0.name)` \(installedVersion($0))" }
            return "\(kept.joined(separator: ", ")) \(kept.count == 1 ? "is" : "are") installed already"
        }
        let size = plan.downloadSize > 0 ? " (\(Quantity.bytes(plan.downloadSize)))" : ""
        let names = steps.map { "\($0.name) \($0.formula.pkgVersion)" }
        let verb = plan.isUpgrade ? "upgrade" : "install"
        var text = "\(verb) \(Quantity.count(steps.count, "package"))\(size): \(names.joined(separator: ", "))"
        let missing = plan.missingBottles
        if !missing.isEmpty { text += "; build \(missing.count) first: \(missing.joined(separator: ", "))" }
        if !plan.kept.isEmpty { text += "; \(plan.kept.count) there already" }
        return text
    }

    static func warnings(of plan: InstallPlan) -> [String] {
        plan.toPour.compactMap { step in
            step.formula.deprecation.map { "warning: `\(step.name)` is deprecated: \(TerminalText.harmless($0))" }
        }
    }

    private static func installedVersion(_ step: InstallPlan.Step) -> String {
        if case .keep(let installed) = step.action { installed } else { step.formula.pkgVersion }
    }

    static func result(of step: InstallPlan.Step) -> String {
        let label = "\(step.name) \(step.formula.pkgVersion)"
        return switch step.action {
        case .install: "installed \(label)"
        case .reinstall: "reinstalled \(label)"
        case .upgrade(let old): "upgraded \(step.name) \(old) to \(step.formula.pkgVersion)"
        case .keep: "kept \(label)"
        }
    }

    /// `2 packages in 3.2 s: 1 built, 1 downloaded, 1 from the cache; 4 there already`. Nil when nothing was done.
    static func total(_ summary: InstallSummary) -> String? {
        let names = summary.plan.toPour.map(\.name)
        guard !names.isEmpty else { return nil }
        let cached = names.count { summary.fromCache.contains($0) }
        var parts: [String] = []
        let built = names.count { summary.built.contains($0) }
        if built > 0 { parts.append("\(built) built") }
        if names.count > cached { parts.append("\(names.count - cached) downloaded") }
        if cached > 0 { parts.append("\(cached) from the cache") }
        let kept = summary.plan.kept.count
        return "\(Quantity.count(names.count, "package")) in \(Quantity.duration(summary.elapsed)): "
            + parts.joined(separator: ", ") + (kept > 0 ? "; \(kept) there already" : "")
    }
}
