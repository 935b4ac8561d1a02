/** The examples of the multicast page ('/multicast?example=chat'): members of a group that talk. */
import type { Examples } from '../../shell/use-example'
import { GROUPS, useMembersStore } from './members-store'
import type { IpFamily } from './interface-choice'

export function multicastExamples(): Examples {
  const members = useMembersStore()

  async function chat(family: IpFamily, bot: boolean): Promise<void> {
    const group = GROUPS[family]
    let [one, two] = members.running.filter((run) => run.params.group === group).map((run) => run.run)
    Object.assign(members.form, { group, ttl: 1, loopback: true, bot: false })
    one ??= await members.join()
    members.form.bot = bot
    two ??= await members.join()
    members.form.bot = false
    if (one === undefined || two === undefined) return
    await members.say(one, 'hello')
    await members.say(two, '안녕 こんにちは')
  }
  return {
    chat: () => chat('inet6', false),
    chat4: () => chat('inet', false),
    bot: () => chat('inet6', true),
  }
}
