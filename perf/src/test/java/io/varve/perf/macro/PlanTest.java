package io.varve.perf.macro;

import static org.assertj.core.api.Assertions.assertThat;

import io.varve.perf.macro.Plan.Scope;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class PlanTest {
    private static final List<Contender> ALL = List.of(Contender.values());

    @Test
    void shouldRunWhatEachBarNeeds() throws PerfException {
        for (Scope scope : Scope.values()) {
            Plan plan = new Plan(Workloads.ALL, ALL, 1, 1, 1, scope);
            for (Target target : Targets.ALL) {
                assertThat(plan.workloads()).contains(target.workload(), target.other());
                assertThat(plan.runs(Contender.VARVE, target.workload())).as("%s %s", scope, target).isTrue();
                assertThat(plan.runs(Contender.named(target.peer()), target.other())).as("%s %s", scope, target)
                        .isTrue();
            }
        }
    }

    @Test
    void shouldLeaveOutWhatNoBarNeeds() {
        Plan full = new Plan(Workloads.ALL, ALL, 1, 1, 1, Scope.FULL);
        Plan bars = new Plan(Workloads.ALL, ALL, 1, 1, 1, Scope.BARS);
        assertThat(full.runs(Contender.LIMIT, Workloads.READ_QD1)).isTrue();
        assertThat(bars.runs(Contender.LIMIT, Workloads.READ_QD1)).isFalse();
        assertThat(bars.runs(Contender.VARVE, Workloads.randomRead(8))).isFalse();
    }

    @Test
    void shouldRunEachWorkloadWithVarveAndAPeer() {
        Plan full = new Plan(Workloads.ALL, ALL, 1, 1, 1, Scope.FULL);
        for (Workload workload : Workloads.ALL) {
            assertThat(Arrays.stream(Contender.values()).filter(contender -> full.runs(contender, workload)))
                    .as(workload.name())
                    .contains(Contender.VARVE)
                    .hasSizeGreaterThan(1);
        }
    }
}
