import { expect, it } from 'vitest'
import { playStory } from '../simulation/story.ts'

it.each([1, 2])(
  'F4 F11 a story of seed %i ends with all honest devices showing the same, and nothing lost',
  async (seed) => {
    const { problems, messages } = await playStory(seed, { users: 3, chats: 2, steps: 60 })
    expect(problems).toEqual([])
    expect(messages).toBeGreaterThan(10)
  },
  240_000
)
