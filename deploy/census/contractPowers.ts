import { formatEther, getAddress } from "ethers";

import type { ContractFacts } from "./facts";
import { Judge, NOBODY, type Power } from "./judging";

/** What contracts say of themselves, and what is in their storage; what users entrusted to whom. */
export class ContractJudge extends Judge {
  powers(managed: readonly string[]): Power[] {
    return [...this.contracts(managed), ...this.escrow(), ...this.entrusted(), ...this.unread()];
  }

  private contracts(managed: readonly string[]): Power[] {
    const { contracts } = this.facts;
    const isClean = ({ asRecorded, owner, slots }: ContractFacts): boolean =>
      asRecorded && owner === undefined && slots.length === 0;
    const clean = contracts.filter(isClean).map(({ name }) => name);
    const authorities = contracts.map((contract) => this.authority(contract, managed.includes(contract.name)));
    return [
      ...authorities.flat(),
      ...contracts.flatMap((contract) => this.owners(contract)),
      ...this.nobody(`own or replace ${clean.join(", ")}`, clean),
    ];
  }

  private escrow(): Power[] {
    const escrow = this.facts.contracts.find(({ name }) => name === "escrow");
    const open = escrow?.asRecorded === true && escrow.owner === undefined && escrow.authority === undefined;
    return open && escrow.slots.length === 0
      ? this.nobody("move what others have in escrow, but modules by what each account approved", ["escrow"])
      : [];
  }

  private nobody(what: string, contracts: readonly string[]): Power[] {
    if (contracts.length === 0) return [];
    const found = `no owner()${contracts.length === 1 ? ", no authority()" : ""}, EIP-1967 slots empty, code as recorded`;
    return [{ what, holder: NOBODY, found, standing: "as deployed", overEscrow: false }];
  }

  /** Who says who may call the restricted functions of a contract; a contract that has none must ask nobody. */
  private authority({ name, authority }: ContractFacts, managed: boolean): Power[] {
    if (authority === undefined && !managed) return [];
    return [
      this.power({
        what: `say who may call restricted functions of ${name}`,
        holder: authority?.holder ?? "unknown",
        found: authority === undefined ? "authority() does not answer" : "AuthorityUpdated, authority",
        origin: authority?.origin ?? "elsewhere",
        expected: managed && authority !== undefined && this.is(authority.holder, "accessManager"),
        overEscrow: name === "escrow",
      }),
    ];
  }

  /** Whoever could own a contract or put other code behind it: nobody should. */
  private owners({ name, asRecorded, owner, slots }: ContractFacts): Power[] {
    const claims = [
      ...(asRecorded
        ? []
        : [
            {
              what: `wrote the code of ${name}`,
              holder: "unknown",
              found: "getCode: not what the address book records",
            },
          ]),
      ...(owner === undefined ? [] : [{ what: `own ${name}`, holder: owner, found: "owner()" }]),
      ...slots.map(({ name: slot, value }) => {
        const holder = getAddress(`0x${value.slice(-40)}`);
        return { what: `be the ${slot} of ${name}`, holder, found: "getStorage, EIP-1967" };
      }),
    ];
    const overEscrow = name === "escrow";
    return claims.map((claim) => this.power({ ...claim, origin: "elsewhere", expected: false, overEscrow }));
  }

  private entrusted(): Power[] {
    const { modules, lockers, votesOfDeployer, deployer, at } = this.facts;
    const of = (accounts: number): string => `${accounts} ${accounts === 1 ? "account" : "accounts"}`;
    const own = (holder: string): string => (Object.values<string>(at).includes(holder) ? "" : ", by their own choice");
    return [
      ...modules.map(({ holder, accounts }) => {
        const what = `hold escrowed money of ${of(accounts)}, up to what each approved${own(holder)}`;
        return this.information(what, holder, "Escrow: ModuleApproved");
      }),
      ...lockers.map(({ holder, accounts }) => {
        const what = `hold locked HOLD of ${of(accounts)}, out of what each allowed${own(holder)}`;
        return this.information(what, holder, "Hold: Locked");
      }),
      ...(votesOfDeployer === 0n
        ? []
        : [
            this.information(
              `${formatEther(votesOfDeployer)} votes, as any holder of HOLD`,
              deployer,
              "Hold: getVotes",
            ),
          ]),
    ];
  }

  private unread(): Power[] {
    return this.facts.unread.map(({ what, why }) => ({
      what,
      holder: "unknown",
      found: why,
      standing: "unreadable",
      overEscrow: false,
    }));
  }
}
