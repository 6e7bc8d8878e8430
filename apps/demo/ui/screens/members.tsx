import { type ReactNode, useState } from 'react'
import type { ChatView, MemberView } from '../../src/app/view.ts'
import { call } from '../client/store.ts'
import { counted } from '../client/words.ts'
import { Avatar, Icon, Problem, Working } from '../parts/bits.tsx'
import { useBusy } from '../parts/busy.ts'
import { Confirm, Dialog } from '../parts/dialog.tsx'

const ROLES: Readonly<Record<string, string>> = { admin: 'Can invite and remove', member: 'Member' }

export function Members({ chat, onInvite, onClose }: { chat: ChatView; onInvite(): void; onClose(): void }): ReactNode {
  const [removing, setRemoving] = useState<MemberView>()
  const { busy, problem, run } = useBusy()
  const mayRemove = chat.members.some(({ me, role }) => me && role === 'admin')
  return (
    <Dialog title={counted(chat.members.length, 'person', 'people')} onClose={onClose}>
      {problem !== undefined && <Problem>{problem}</Problem>}
      <ul className="list">
        {chat.members.map((member) => (
          <li key={member.did}>
            <Avatar name={member.name} id={member.did} />
            <span className="grow">
              <b>
                {member.name}
                {member.me && ' (you)'}
              </b>
              <span className="quiet">
                {ROLES[member.role] ?? member.role}
                {!member.me && chat.online.includes(member.did) && ' · connected'}
              </span>
            </span>
            {mayRemove && !member.me && (
              <button
                type="button"
                className="button small"
                onClick={() =>
                  void run(async () => {
                    const role = member.role === 'admin' ? 'member' : 'admin'
                    await call('setRole', { chat: chat.id, member: member.did as `did:walytis:${string}`, role })
                  })
                }
              >
                {member.role === 'admin' ? 'Make member' : 'Make admin'}
                <span className="hidden"> {member.name}</span>
              </button>
            )}
            {mayRemove && !member.me && (
              <button type="button" className="button small danger" onClick={() => setRemoving(member)}>
                Remove<span className="hidden"> {member.name}</span>
              </button>
            )}
          </li>
        ))}
      </ul>
      {busy && <Working>Changing that…</Working>}
      {!chat.removed && (
        <button type="button" className="button primary wide" onClick={onInvite}>
          <Icon name="add" /> Invite somebody
        </button>
      )}
      {removing !== undefined && (
        <Confirm
          title={`Remove ${removing.name}?`}
          text="They keep what they have received, and can read nothing that is written from now on."
          action="Remove from the chat"
          onConfirm={() =>
            void run(async () => {
              await call('removeMember', { chat: chat.id, member: removing.did as `did:walytis:${string}` })
            })
          }
          onClose={() => setRemoving(undefined)}
        />
      )}
    </Dialog>
  )
}
