import VeloCore
import VeloFormula
import VeloSystem

extension BottleBuild {
    /// Finds out what a bottle is worth: at another prefix, and where its programs do not work there, at its own.
    ///
    /// A program may hold the length of a path besides the path (`sizeof PREFIX` in C): exchanging the path breaks it,
    /// and nothing tells but running it. Such a bottle is good, for one prefix. A test that fails now and then must not
    /// make it one: what works at home is tried at the other prefix once more.
    func proven(_ built: BuiltBottle, _ archives: [ArchiveMount]) throws -> (bottle: BuiltBottle, proof: Proof) {
        let place = BuildPrefix.proof(for: prefixPath)
        let proof = try prove(built, archives, at: place)
        guard proof.failedOnlyWhenRun else { return (built, proof) }
        events(.line("it does not work at \(place); trying \(prefixPath), for which it was built"))
        var atHome = try prove(built, archives, at: prefixPath)
        guard atHome.isProven else { return (built, proof) }
        events(.line("it works at \(prefixPath); trying \(place) once more"))
        let again = try prove(built, archives, at: place)
        guard !again.isProven else { return (built, again) }
        events(.line("it works at \(prefixPath): the bottle is bound to it"))
        atHome.elsewhere = Proof.Elsewhere(proof)
        return (built.bound(to: prefixPath), atHome)
    }

    private func prove(_ built: BuiltBottle, _ archives: [ArchiveMount], at place: String) throws -> Proof {
        // Nothing of an earlier proof is there.
        try layout.renew(layout.proof, layout.temporary)
        let prover = BottleProof(
            request: request, layout: layout, program: settings.program, buildPrefix: prefixPath, place: place,
            groups: settings.groups, events: events)
        var proof = try prover.pour(built)
        guard formula.hasTest else {
            events(.line("the formula defines no test"))
            try prover.smoke(built, limits: settings.limits, interruption: interruption, into: &proof)
            return proof
        }
        do {
            try stepRequest(.test, prefix: place).write(to: layout.step)
            events(.phase(.test))
            _ = try runStep(prover.testSpec(archives), outcomeIn: layout.temporary, phase: .test)
            proof.test = .passed
        } catch let error as BuildError {
            if case .interrupted = error.reason { throw error }
            proof.test = .failed
            proof.failure = error.what
            events(.line("the test failed: \(error.what)"))
        }
        return proof
    }
}

extension BuiltBottle {
    /// The same file, for one prefix alone.
    fileprivate func bound(to prefix: String) -> BuiltBottle {
        var bottle = self
        bottle.cellar = "\(prefix)/Cellar"
        bottle.longestPrefix = 0
        bottle.tab.boundPrefix = prefix
        return bottle
    }
}
